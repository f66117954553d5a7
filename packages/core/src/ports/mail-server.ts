import type { ResolvedAddress } from "./name-resolver.ts"

export type Security = "tls" | "starttls" | "none"

export interface TlsSettings {
  /** PEM certificates trusted beside the system's. */
  ca?: string
  /** Name for SNI and the certificate; the host by default. */
  serverName?: string
  /** SHA-256 of the DER certificate, hex; colons allowed. Required to match when set, on top of the other checks unless the chain cannot be built. */
  fingerprintSha256?: string
  minVersion?: "TLSv1.2" | "TLSv1.3"
}

export type Credentials =
  | { kind: "password"; username: string; password: string }
  | { kind: "token"; username: string; accessToken: string }

/** A server of an account, secrets opened, ready to be dialled. */
export interface MailServer {
  host: string
  port: number
  security: Security
  tls: TlsSettings
  credentials: Credentials | null
}

/**
 * Resolves and vets an address to dial (mail-rules N1): public unicast, or within the operator's networks.
 * @throws RelayError `address_not_allowed`, or as NameResolver.
 */
export type VetAddress = (
  /** `tls: false` is plain http, which goes to the operator's networks alone. */
  target: { host: string; port: number; purpose: "mail" | "http"; tls?: boolean },
  signal?: AbortSignal,
) => Promise<ResolvedAddress[]>

/** What was agreed with a server, for attempts and `verify`. */
export interface TlsFacts {
  version: string
  cipher: string
  /** Of the leaf certificate. */
  certificate: { subject: string; issuer: string; validTo: string; fingerprintSha256: string }
}
