import type { FaultStage, MailFault } from "@postrider/core/ports/mail-fault"
import type { MailServer } from "@postrider/core/ports/mail-server"
import { errorCode } from "./error-code.ts"

/** What a fault says about the server that was dialled; without it texts stay general. */
export type FaultServer = Pick<MailServer, "host" | "port" | "security">

const unknownIssuer =
  "the certificate is signed by an authority that is not trusted here; set tls.ca to that authority's certificate"
const expired = "the certificate has expired; renew it on the server"
const wrongName = "the certificate is for another name; set tls.server_name to a name it holds, or correct host"
const versions = "the server offers no TLS version we accept; enable TLS 1.2 or later on it, or lower tls.min_version"
const weak = "the server's key or cipher is too weak; give it a current certificate and TLS settings"

/** Plain-words remedy by OpenSSL or Node error code. */
const fixes: Record<string, string> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: "the certificate is self-signed; set tls.ca to it, or tls.fingerprint_sha256",
  SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `${unknownIssuer}, or make the server send its whole chain`,
  CERT_UNTRUSTED: unknownIssuer,
  INVALID_CA: unknownIssuer,
  CERT_HAS_EXPIRED: expired,
  CERT_NOT_YET_VALID: "the certificate is not valid yet; check the clocks and the certificate",
  CERT_REVOKED: "the certificate was revoked; replace it on the server",
  INVALID_PURPOSE: "the certificate is not made for servers; replace it on the server",
  ERR_TLS_CERT_ALTNAME_INVALID: wrongName,
  HOSTNAME_MISMATCH: wrongName,
  ERR_TLS_FINGERPRINT:
    "the certificate differs from tls.fingerprint_sha256; if it was renewed, set the new fingerprint",
  ERR_SSL_UNSUPPORTED_PROTOCOL: versions,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: versions,
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: versions,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: `${versions}; or it asks for a client certificate`,
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: "the server asks for a client certificate, which is not supported",
  ERR_SSL_DH_KEY_TOO_SMALL: weak,
  ERR_TLS_DH_PARAM_SIZE: weak,
  EE_KEY_TOO_SMALL: weak,
  CA_KEY_TOO_SMALL: weak,
  CA_MD_TOO_WEAK: weak,
}

/** A TLS client sees these when the other side speaks plain text. */
const plainTalk = new Set(["ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG", "ERR_SSL_HTTP_REQUEST"])

/** Verification results have OpenSSL's bare names. */
const bare =
  /^(?:CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA$|INVALID_PURPOSE$|PATH_LENGTH_|HOSTNAME_MISMATCH$|EE_KEY_|CA_KEY_|CA_MD_)/

export function isTlsError(error: unknown): boolean {
  const code = errorCode(error)
  return code !== null && (/^ERR_(?:SSL|TLS|OSSL)_/.test(code) || bare.test(code))
}

/**
 * The fault behind a failed handshake or a refused certificate: class `tls`, with a remedy in plain words. `misconfigured` for whatever
 * stays so until somebody changes a setting or the server; a handshake cut off by the network does not count. Pure.
 */
export function tlsFault(error: unknown, stage: FaultStage, server?: FaultServer): MailFault {
  const code = errorCode(error)
  const plain = code !== null && plainTalk.has(code)
  return {
    class: "tls",
    stage,
    code,
    enhancedCode: null,
    response: null,
    fix: plain ? plainFix(server) : ((code === null ? undefined : fixes[code]) ?? null),
    misconfigured: plain || (code !== null && (code in fixes || bare.test(code))),
  }
}

/** The port of `server` takes TLS from the first octet, and we spoke plain text to it. */
export function answersWithTlsFault(server: FaultServer): MailFault {
  return misconfigured("greeting", `port ${server.port} answers with TLS; set security to tls`)
}

/** The server does not offer STARTTLS or STLS, which the settings ask for. */
export function starttlsMissingFault(server: FaultServer, tlsPort: number): MailFault {
  const fix = `port ${server.port} does not offer STARTTLS; use port ${tlsPort} with security tls, or enable it on the server`
  return misconfigured("starttls", fix)
}

const plainFix = (server?: FaultServer): string =>
  `${server === undefined ? "the port" : `port ${server.port}`} answers without TLS; set security to starttls`

const misconfigured = (stage: FaultStage, fix: string): MailFault => ({
  class: "tls",
  stage,
  code: null,
  enhancedCode: null,
  response: null,
  fix,
  misconfigured: true,
})
