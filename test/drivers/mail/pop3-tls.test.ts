import { X509Certificate } from "node:crypto"
import type { Security, TlsSettings } from "@postrider/core/ports/mail-server"
import { afterEach, describe, expect, it } from "vitest"
import { type CertificateName, certificate } from "../../support/certificates.ts"
import { startLineServer } from "../../support/line-server.ts"
import { type MaildropServer, startMaildropServer } from "../../support/maildrop-server.ts"
import { faultOf, openPop3 } from "./pop3-opening.ts"

const ca = certificate("ca").cert
const closers: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function serve(name: CertificateName, security: Security, versions = {}): Promise<MaildropServer> {
  const server = await startMaildropServer({ tls: { ...certificate(name), ...versions }, implicit: security === "tls" })
  closers.push(server.close)
  return server
}

const fingerprint = (name: CertificateName): string => new X509Certificate(certificate(name).cert).fingerprint256

describe.each(["tls", "starttls"] as const)("a certificate over %s", (security) => {
  const open = async (name: CertificateName, tls: TlsSettings) =>
    openPop3({ port: (await serve(name, security)).port, security, tls })
  const stage = security === "tls" ? "tls" : "starttls"

  it.each<[string, CertificateName, TlsSettings, string, RegExp]>([
    ["of an authority nobody knows", "server", {}, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", /set tls\.ca/],
    ["that is self-signed", "self-signed", { ca }, "DEPTH_ZERO_SELF_SIGNED_CERT", /self-signed; set tls\.ca/],
    ["that expired", "expired", { ca }, "CERT_HAS_EXPIRED", /has expired; renew/],
    ["for another name", "wrong-name", { ca }, "ERR_TLS_CERT_ALTNAME_INVALID", /another name; set tls\.server_name/],
    [
      "with another fingerprint",
      "server",
      { ca, fingerprintSha256: "00".repeat(32) },
      "ERR_TLS_FINGERPRINT",
      /new fingerprint/,
    ],
    [
      "pinned, but for another name",
      "wrong-name",
      { fingerprintSha256: fingerprint("wrong-name") },
      "ERR_TLS_CERT_ALTNAME_INVALID",
      /another name/,
    ],
    [
      "pinned, but expired",
      "expired",
      { fingerprintSha256: fingerprint("expired") },
      "CERT_HAS_EXPIRED",
      /has expired/,
    ],
  ])(
    "%s is class tls, the settings' fault, with a fix in plain words (mail-rules F5, N2)",
    async (_what, name, tls, code, fix) => {
      const fault = await faultOf(open(name, tls))
      expect(fault).toMatchObject({ class: "tls", stage, code, misconfigured: true })
      expect(fault.fix).toMatch(fix)
    },
  )

  it.each<[string, CertificateName, TlsSettings]>([
    ["of the given authority", "server", { ca }],
    [
      "of the given authority, pinned too, colons and case aside",
      "server",
      { ca, fingerprintSha256: fingerprint("server").toLowerCase() },
    ],
    ["that is self-signed and given as authority", "self-signed", { ca: certificate("self-signed").cert }],
    [
      "that is self-signed and pinned",
      "self-signed",
      { fingerprintSha256: fingerprint("self-signed").replaceAll(":", "") },
    ],
    ["for the name that is given as server_name", "wrong-name", { ca, serverName: "other.example" }],
  ])("%s is accepted, and its facts are told (mail-rules N2)", async (_what, name, tls) => {
    const session = await open(name, tls)
    expect(session.tls).toMatchObject({ version: "TLSv1.3", cipher: expect.stringContaining("TLS_") })
    expect(session.tls?.certificate).toMatchObject({
      subject: name === "self-signed" ? "CN=localhost" : `CN=${name}`,
      fingerprintSha256: fingerprint(name).replaceAll(":", "").toLowerCase(),
      validTo: expect.stringMatching(/^2\d{3}-\d\d-\d\dT/),
    })
    expect(await session.end()).toEqual({ committed: true })
  })

  it("is not asked for credentials when it is refused (mail-rules N2)", async () => {
    const server = await serve("wrong-name", security)
    await faultOf(openPop3({ port: server.port, security, tls: { ca } }))
    expect(server.lines.filter((line) => !["CAPA", "STLS"].includes(line))).toEqual([])
  })
})

describe("TLS and plain text mixed up", () => {
  it.each(["none", "starttls"] as const)(
    "a port that speaks TLS, met with security %s, is told so (mail-rules F5)",
    async (security) => {
      const { port } = await serve("server", "tls")
      const fault = await faultOf(openPop3({ port, security, timeouts: { greetingMs: 80 } }))
      expect(fault).toMatchObject({ class: "tls", stage: "greeting", misconfigured: true })
      expect(fault.fix).toBe(`port ${port} answers with TLS; set security to tls`)
    },
  )

  it("the same is found out within a short deadline", async () => {
    const { port } = await serve("server", "tls")
    const fault = await faultOf(openPop3({ port, deadlineMs: 600 }))
    expect(fault.fix).toBe(`port ${port} answers with TLS; set security to tls`)
  })

  it("a port that speaks plain text, met with security tls, is told so (mail-rules F5)", async () => {
    const { port } = await serve("server", "starttls")
    const fault = await faultOf(openPop3({ port, security: "tls" }))
    expect(fault).toMatchObject({ class: "tls", misconfigured: true })
    expect(fault.fix).toBe(`port ${port} answers without TLS; set security to starttls`)
  })

  it("a server without STLS is the settings' fault, and no credentials go out (mail-rules F5, N2)", async () => {
    const server = await startMaildropServer({ capabilities: ["USER", "UIDL"] })
    closers.push(server.close)
    const fault = await faultOf(openPop3({ port: server.port, security: "starttls" }))
    expect(fault).toMatchObject({ class: "tls", stage: "starttls", misconfigured: true })
    expect(fault.fix).toContain("does not offer STARTTLS; use port 995 with security tls")
    expect(server.lines).toEqual(["CAPA"])
  })

  it("octets between STLS and the handshake end the session as an attack (mail-rules N2)", async () => {
    const server = await startLineServer({
      onConnect: (peer) => peer.write("+OK\r\n"),
      onLine: (line, peer) => peer.write(line === "CAPA" ? "+OK\r\nSTLS\r\n.\r\n" : "+OK\r\n+OK injected\r\n"),
    })
    closers.push(server.close)
    const fault = await faultOf(openPop3({ port: server.port, security: "starttls" }))
    expect(fault).toMatchObject({ class: "tls", stage: "starttls", code: "STLS_INJECTION", misconfigured: true })
  })

  it("a server below the lowest version asked for is the settings' fault", async () => {
    const { port } = await serve("server", "tls", { maxVersion: "TLSv1.2" })
    const fault = await faultOf(openPop3({ port, security: "tls", tls: { ca, minVersion: "TLSv1.3" } }))
    expect(fault).toMatchObject({ class: "tls", misconfigured: true })
    expect(fault.fix).toContain("TLS version")
    const session = await openPop3({ port, security: "tls", tls: { ca } })
    expect(session.tls?.version).toBe("TLSv1.2")
    await session.end()
  })

  it("a handshake cut off is a fault of the connection, not of the settings", async () => {
    const server = await startLineServer({ onConnect: ({ socket }) => void setTimeout(() => socket.destroy(), 20) })
    closers.push(server.close)
    expect(await faultOf(openPop3({ port: server.port, security: "tls" }))).toMatchObject({
      class: "connect",
      stage: "tls",
      misconfigured: false,
    })
  })
})
