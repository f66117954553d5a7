import { readFileSync } from "node:fs"
import { join } from "node:path"

export type CertificateName = "ca" | "server" | "wrong-name" | "expired" | "self-signed"

const read = (file: string): string => readFileSync(join(import.meta.dirname, "../fixtures/tls", file), "utf8")

/** Certificate and key, PEM, made by make-certificates.ts. `server`, `expired` and `self-signed` are for localhost and 127.0.0.1. */
export const certificate = (name: CertificateName): { cert: string; key: string } => ({
  cert: read(`${name}.pem`),
  key: read(`${name}.key`),
})
