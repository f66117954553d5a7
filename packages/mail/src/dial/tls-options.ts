import { isIP } from "node:net"
import { type ConnectionOptions, getCACertificates, rootCertificates } from "node:tls"
import type { TlsSettings } from "@postrider/core/ports/mail-server"
import { checkCertificate } from "./certificate-check.ts"

/**
 * Options of `tls.connect` (also for nodemailer's and imapflow's `tls`) for a server whose address was resolved before: name for SNI and certificate,
 * roots, lowest version, fingerprint (mail-rules N1, N2). Verification is never off: with a fingerprint the certificate has to match it **and** pass.
 * Where the chain of a pinned certificate cannot be built, see `pinnedOptions`.
 */
export function tlsOptions(settings: TlsSettings, host: string): ConnectionOptions {
  const name = settings.serverName ?? host
  return {
    // RFC 6066 section 3: no address as a server name. The certificate is checked against it all the same.
    servername: isIP(name) === 0 ? name : "",
    minVersion: settings.minVersion ?? "TLSv1.2",
    rejectUnauthorized: true,
    checkServerIdentity: (_host, certificate) => checkCertificate(certificate, { name, settings }),
    ...(settings.ca === undefined ? {} : { ca: [...systemRoots(), settings.ca] }),
  }
}

/**
 * As `tlsOptions`, for a caller that runs `checkPeer` on the socket after the handshake and before a single octet of its own:
 * only so can a pinned certificate of an unknown authority be told from a foreign one.
 */
export function pinnedOptions(settings: TlsSettings, host: string): ConnectionOptions {
  const options = tlsOptions(settings, host)
  return settings.fingerprintSha256 === undefined ? options : { ...options, rejectUnauthorized: false }
}

const systemRoots = (): readonly string[] =>
  typeof getCACertificates === "function" ? getCACertificates("default") : rootCertificates
