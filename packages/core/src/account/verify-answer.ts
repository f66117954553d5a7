import type { FaultClass, FaultStage } from "../ports/mail-fault.ts"
import type { Security, TlsFacts } from "../ports/mail-server.ts"
import type { MailProtocol } from "../ports/port-probe.ts"

export interface VerifyTls {
  version: string
  cipher: string
  certificate: { subject: string; issuer: string; valid_to: string; fingerprint_sha256: string }
}

/** What one port was found to be. A port that was only looked at, without a login, has `authenticated: false`. */
export interface VerifyCheck {
  protocol: MailProtocol
  host: string
  port: number
  security: Security
  ok: boolean
  /** Where it ended: the stage that failed, or the last one that was tried. */
  stage: FaultStage
  tls: VerifyTls | null
  capabilities: string[]
  authenticated: boolean
  /** The server's own words, cut and cleaned. */
  response: string | null
  class: FaultClass | null
  fix: string | null
}

/** Settings that answer in place of those that do not. */
export type VerifySuggestion = Partial<Record<MailProtocol, { host: string; port: number; security: Security }>>

export interface VerifyAnswer {
  /** All settings given work, login included. */
  ok: boolean
  /** One for each port tried, those given first. */
  checks: VerifyCheck[]
  suggestion?: VerifySuggestion
}

/** TLS facts as the API shows them. */
export function showTls(tls: TlsFacts | null): VerifyTls | null {
  if (tls === null) return null
  const { subject, issuer, validTo, fingerprintSha256 } = tls.certificate
  const certificate = { subject, issuer, valid_to: validTo, fingerprint_sha256: fingerprintSha256 }
  return { version: tls.version, cipher: tls.cipher, certificate }
}
