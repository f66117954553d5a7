import { checkServerIdentity, type PeerCertificate, type TLSSocket } from "node:tls"
import type { TlsSettings } from "@postrider/core/ports/mail-server"

interface Expected {
  name: string
  settings: TlsSettings
}

/** Results of chain building that a matching fingerprint stands in for. OpenSSL reports an expired certificate over any of them, and that stays refused. */
const chainErrors = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
])

/** Name and, when set, fingerprint of a certificate whose chain was verified. Undefined when all is well; else an error with `code`. */
export function checkCertificate(certificate: PeerCertificate, expected: Expected): Error | undefined {
  return checkFingerprint(certificate, expected.settings) ?? checkServerIdentity(expected.name, certificate)
}

/**
 * For a socket opened with `pinnedOptions`, right after its handshake: undefined when the certificate may be trusted, else the reason.
 * A fingerprint that matches replaces a chain that cannot be built, nothing else.
 */
export function checkPeer(socket: TLSSocket, expected: Expected): Error | undefined {
  const certificate = socket.getPeerCertificate(true)
  if (certificate.raw === undefined) return codedError("ERR_TLS_FINGERPRINT", "the server sent no certificate")
  const refused = checkCertificate(certificate, expected)
  if (refused !== undefined || socket.authorized) return refused
  const code = verifyResult(socket)
  if (expected.settings.fingerprintSha256 === undefined || !chainErrors.has(code)) return codedError(code, code)
  return undefined
}

function checkFingerprint(certificate: PeerCertificate, settings: TlsSettings): Error | undefined {
  if (settings.fingerprintSha256 === undefined) return undefined
  if (plainHex(certificate.fingerprint256) === plainHex(settings.fingerprintSha256)) return undefined
  return codedError("ERR_TLS_FINGERPRINT", "the certificate has another fingerprint")
}

/** Declared as Error, given as the code's text by Node. */
function verifyResult(socket: TLSSocket): string {
  const result: unknown = socket.authorizationError
  if (typeof result === "string") return result
  return result instanceof Error && "code" in result && typeof result.code === "string" ? result.code : "CERT_UNTRUSTED"
}

const plainHex = (fingerprint: string): string => fingerprint.replaceAll(":", "").toLowerCase()

const codedError = (code: string, message: string): Error => Object.assign(new Error(message), { code })
