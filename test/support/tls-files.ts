import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { type CertificateName, certificate } from "./certificates.ts"

export interface TlsFiles {
  ca: string
  cert: string
  key: string
}

/** The checked-in certificate `name` and the authority behind `server`, as files in `dir` that other processes may read. */
export function tlsFiles(dir: string, name: CertificateName): TlsFiles {
  const files = { ca: join(dir, "ca.pem"), cert: join(dir, "server.pem"), key: join(dir, "server.key") }
  const { cert, key } = certificate(name)
  writeFileSync(files.ca, certificate("ca").cert)
  writeFileSync(files.cert, cert)
  writeFileSync(files.key, key)
  return files
}
