import type { ConnectionOptions, TLSSocket } from "node:tls"
import type { Pop3Limits } from "./limits.ts"

/** Where and how to connect. Durations are milliseconds. */
export interface Pop3Options extends Partial<Pop3Limits> {
  /** Name of the server: for SNI and the certificate, and for DNS unless `address` is given. */
  host: string
  port: number
  /** IP address to dial instead of resolving `host`, for callers that vet addresses themselves. */
  address?: string
  /** `implicit`: TLS from the first octet (port 995, RFC 8314). `starttls`: STLS is required (RFC 2595). `none`: plain text. */
  tls: "implicit" | "starttls" | "none"
  /** Passed to `tls.connect`; `servername` wins over `host`. */
  tlsOptions?: ConnectionOptions
  /** Looks at the socket after the handshake and before anything is sent over it; an error ends the connection as `tls`. */
  checkPeer?: (socket: TLSSocket) => Error | undefined
  /** Ends the session, whatever it does, with `aborted`. */
  signal?: AbortSignal
}
