import type { MailFault } from "./mail-fault.ts"
import type { Security, TlsFacts, TlsSettings } from "./mail-server.ts"

export type MailProtocol = "smtp" | "imap" | "pop3"

export interface ProbeRequest {
  protocol: MailProtocol
  host: string
  port: number
  /** `starttls`: the upgrade is asked for after the greeting, and the handshake done. */
  security: Security
  tls: TlsSettings
  /** Milliseconds since the epoch. */
  deadline: number
}

export interface ProbeAnswer {
  /** The port greets in this protocol, over verified TLS where that was asked for. */
  ok: boolean
  tls: TlsFacts | null
  /** First line of the greeting, at most 512 octets, no controls. */
  greeting: string | null
  /** Set when not ok. */
  fault: MailFault | null
}

/** Looks at a port without ever logging in (mail-rules N3). Never throws for what a server does. */
export interface PortProbe {
  probe(request: ProbeRequest): Promise<ProbeAnswer>
}
