/**
 * Makes the certificates in test/fixtures/tls anew, valid for a hundred years (but `expired`): `node test/support/make-certificates.ts`.
 * Needs openssl 3. The keys are for tests only and public.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"

const folder = join(import.meta.dirname, "../fixtures/tls")
const openssl = (...args: string[]) =>
  execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] })
const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
const century = "36500"

function selfSigned(name: string, subject: string, extensions: string[]) {
  const added = extensions.flatMap((extension) => ["-addext", extension])
  openssl(
    "req",
    "-x509",
    ...newKey,
    "-days",
    century,
    "-keyout",
    `${name}.key`,
    "-out",
    `${name}.pem`,
    "-subj",
    subject,
    ...added,
  )
}

function leaf(name: string, alternativeNames: string, days = century) {
  openssl("req", ...newKey, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`)
  writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${alternativeNames}\nextendedKeyUsage=serverAuth\n`)
  const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", `${name}.ext`, "-days", days]
  openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, ...signed)
  for (const ending of ["csr", "ext"]) rmSync(join(folder, `${name}.${ending}`))
}

mkdirSync(folder, { recursive: true })
selfSigned("ca", "/CN=Postrider test authority", [
  "basicConstraints=critical,CA:TRUE",
  "keyUsage=critical,keyCertSign,cRLSign",
])
leaf("server", "DNS:localhost,IP:127.0.0.1")
leaf("wrong-name", "DNS:other.example")
leaf("expired", "DNS:localhost,IP:127.0.0.1", "-1")
selfSigned("self-signed", "/CN=localhost", ["subjectAltName=DNS:localhost,IP:127.0.0.1"])
rmSync(join(folder, "ca.srl"), { force: true })
