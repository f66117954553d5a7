import type { TLSSocket } from "node:tls"
import type { TlsFacts } from "@postrider/core/ports/mail-server"
import { cleanResponse } from "../fault/clean-response.ts"

/** What was agreed on a socket whose handshake is over; null before, after the connection ended, and without a certificate. */
export function tlsFacts(socket: TLSSocket): TlsFacts | null {
  const certificate = socket.getPeerX509Certificate()
  const version = socket.getProtocol()
  if (certificate === undefined || version === null) return null
  return {
    version,
    cipher: socket.getCipher().standardName,
    certificate: {
      subject: oneLine(certificate.subject),
      issuer: oneLine(certificate.issuer),
      validTo: new Date(certificate.validTo).toISOString(),
      fingerprintSha256: certificate.fingerprint256.replaceAll(":", "").toLowerCase(),
    },
  }
}

/** Distinguished names come one part a line; both are the server's words. A certificate may have an empty subject. */
const oneLine = (name: string | undefined): string => cleanResponse(name?.replaceAll("\n", ", ")) ?? ""
