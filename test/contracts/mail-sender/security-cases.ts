import { RelayError } from "@postrider/core/error/relay-error"
import type { Credentials } from "@postrider/core/ports/mail-server"
import { expect } from "vitest"
import { certificate } from "../../support/certificates.ts"
import { outcomes, requestTo, type SenderCase, serverAt } from "./harness.ts"

const password: Credentials = { kind: "password", username: "alice", password: "secret" }
const token: Credentials = { kind: "token", username: "alice", accessToken: "token" }
const wrong: Credentials = { kind: "password", username: "alice", password: "wrong" }
const fingerprint = "aa".repeat(32)

const trust: [
  what: string,
  security: "tls" | "starttls",
  name: "wrong-name" | "expired" | "self-signed",
  tls: object,
  code: string,
][] = [
  ["a self-signed certificate", "tls", "self-signed", {}, "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ["a certificate for another name", "starttls", "wrong-name", {}, "ERR_TLS_CERT_ALTNAME_INVALID"],
  ["an expired certificate", "starttls", "expired", {}, "CERT_HAS_EXPIRED"],
  [
    "a certificate with another fingerprint",
    "tls",
    "self-signed",
    { fingerprintSha256: fingerprint },
    "ERR_TLS_FINGERPRINT",
  ],
  [
    "a certificate with another fingerprint, by STARTTLS",
    "starttls",
    "self-signed",
    { fingerprintSha256: fingerprint },
    "ERR_TLS_FINGERPRINT",
  ],
]

const mechanisms: [offered: string[], credentials: Credentials, used: string][] = [
  [["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2"], password, "AUTH PLAIN"],
  [["CRAM-MD5", "LOGIN"], password, "AUTH LOGIN"],
  [["CRAM-MD5"], password, "AUTH CRAM-MD5"],
  [["PLAIN", "XOAUTH2"], token, "AUTH XOAUTH2"],
]

const refusals: [reply: string, faultClass: string, misconfigured: boolean][] = [
  ["535 5.7.8 no", "auth", false],
  ["535 Incorrect authentication data", "auth", false],
  ["534 5.7.9 app password", "auth", false],
  ["530 5.7.0 no", "auth", false],
  ["550 5.7.30 Basic authentication is not supported", "auth", false],
  ["454 4.7.0 Temporary authentication failure", "throttled", false],
  ["432 4.3.2 Concurrent connections limit exceeded", "too_many_connections", false],
  ["421 4.7.0 too many connections", "too_many_connections", false],
  ["421 4.3.0 bye", "throttled", false],
  ["530 5.7.0 Must issue a STARTTLS command first", "protocol", true],
  ["503 5.5.1 authentication not enabled", "protocol", true],
]

export const securityCases: SenderCase[] = [
  ...(["tls", "starttls"] as const).map(
    (security): SenderCase => ({
      name: `${security}: login and mail go over TLS, and what was agreed is told`,
      async run({ sender, server }) {
        const scripted = await server({ security, auth: ["PLAIN"] })
        const at = serverAt(scripted.port, { security, credentials: password })
        const result = await sender().send(requestTo(at))
        expect(outcomes(result)).toEqual(["bob accepted 250"])
        expect(result.tls).toMatchObject({
          version: "TLSv1.3",
          certificate: { fingerprintSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
        })
        expect(scripted.dialogues[0]?.secure()).toBe(true)
        const said = scripted.commands()
        expect(said.indexOf("AUTH PLAIN")).toBeGreaterThan(security === "tls" ? 0 : said.indexOf("STARTTLS"))
      },
    }),
  ),
  ...trust.map(
    ([what, security, name, tls, code]): SenderCase => ({
      name: `${what} ends it before login and MAIL (N2)`,
      async run({ sender, server }) {
        const scripted = await server({ security, certificate: name, auth: ["PLAIN"] })
        const ca = name === "self-signed" ? {} : { ca: certificate("ca").cert }
        const at = serverAt(scripted.port, { security, credentials: password, tls: { ...ca, ...tls } })
        const result = await sender().send(requestTo(at))
        expect(result.fault).toMatchObject({ class: "tls", code, misconfigured: true })
        expect(outcomes(result)).toEqual(["bob deferred -"])
        expect(scripted.commands().filter((line) => /^(?:AUTH|MAIL)/.test(line))).toEqual([])
      },
    }),
  ),
  {
    name: "STARTTLS that is not offered is never done without: nothing but EHLO and STARTTLS is said (N2)",
    async run({ sender, server }) {
      const scripted = await server({ security: "none", auth: ["PLAIN"] })
      const at = serverAt(scripted.port, { security: "starttls", credentials: password })
      const result = await sender().send(requestTo(at))
      expect(result.fault).toMatchObject({
        class: "tls",
        stage: "starttls",
        misconfigured: true,
        fix: expect.stringContaining("465"),
      })
      expect(scripted.commands().filter((line) => !/^(?:EHLO|STARTTLS|QUIT)/.test(line))).toEqual([])
    },
  },
  {
    name: "STARTTLS that is refused for now (454) is no mistake of the settings (RFC 3207)",
    async run({ sender, server }) {
      const { port } = await server({
        security: "starttls",
        answer: (step) => (step === "starttls" ? "454 4.7.0 TLS not available" : undefined),
      })
      const result = await sender().send(requestTo(serverAt(port, { security: "starttls" })))
      expect(result.fault).toMatchObject({ stage: "starttls", misconfigured: false })
    },
  },
  {
    name: "octets that came before the handshake of STARTTLS end the connection (N2)",
    async run({ sender, server }) {
      const scripted = await server({
        security: "starttls",
        auth: ["PLAIN"],
        answer: (step) => (step === "starttls" ? "220 go\r\n250-evil\r\n250 AUTH PLAIN\r\n" : undefined),
      })
      const result = await sender().send(
        requestTo(serverAt(scripted.port, { security: "starttls", credentials: password })),
      )
      expect(result.fault).toMatchObject({ class: "protocol", stage: "starttls" })
      expect(scripted.commands().filter((line) => /^(?:AUTH|MAIL)/.test(line))).toEqual([])
    },
  },
  {
    name: "TLS to a port that speaks plain text: the fix names starttls",
    async run({ sender, server }) {
      const { port } = await server()
      const { fault } = await sender().send(requestTo(serverAt(port, { security: "tls" })))
      expect(fault).toMatchObject({ class: "tls", misconfigured: true, fix: expect.stringContaining("starttls") })
    },
  },
  {
    name: "plain text to a port that wants TLS: the fix names tls",
    async run({ sender, server }) {
      const { port } = await server({ security: "tls" })
      const { fault } = await sender({ greetingMs: 200 }).send(requestTo(serverAt(port)))
      expect(fault).toMatchObject({
        class: "timeout",
        stage: "greeting",
        fix: expect.stringContaining("security to tls"),
      })
    },
  },
  ...mechanisms.map(
    ([offered, credentials, used]): SenderCase => ({
      name: `of ${offered.join(", ")} a ${credentials.kind} goes by ${used}`,
      async run({ sender, server }) {
        const scripted = await server({ security: "tls", auth: offered })
        const result = await sender().send(requestTo(serverAt(scripted.port, { security: "tls", credentials })))
        expect(outcomes(result)).toEqual(["bob accepted 250"])
        expect(scripted.commands().filter((line) => line.startsWith("AUTH"))).toEqual([used])
      },
    }),
  ),
  ...refusals.map(
    ([reply, faultClass, misconfigured]): SenderCase => ({
      name: `"${reply}" to AUTH is ${faultClass}, and the mail waits`,
      async run({ sender, server }) {
        const { port } = await server({ auth: ["PLAIN"], answer: (step) => (step === "auth" ? reply : undefined) })
        const result = await sender().send(requestTo(serverAt(port, { credentials: password })))
        expect(result.fault).toMatchObject({ class: faultClass, stage: "auth", code: reply.slice(0, 3), misconfigured })
        expect(outcomes(result)).toEqual(["bob deferred -"])
      },
    }),
  ),
  ...([wrong, { ...token, accessToken: "old" }] satisfies Credentials[]).map(
    (credentials): SenderCase => ({
      name: `a refused ${credentials.kind} is shown to the server once (F3)`,
      async run({ sender, server }) {
        const scripted = await server({ auth: ["PLAIN", "LOGIN", "XOAUTH2"] })
        const { fault } = await sender().send(requestTo(serverAt(scripted.port, { credentials })))
        expect(fault).toMatchObject({
          class: credentials.kind === "token" ? "oauth" : "auth",
          code: "535",
          enhancedCode: "5.7.8",
        })
        expect(scripted.commands().filter((line) => line.startsWith("AUTH"))).toHaveLength(1)
      },
    }),
  ),
  {
    name: "credentials that no offered mechanism takes are not sent at all",
    async run({ sender, server }) {
      for (const auth of [undefined, ["GSSAPI", "XOAUTH2"]]) {
        const scripted = await server(auth === undefined ? {} : { auth })
        const { fault } = await sender().send(requestTo(serverAt(scripted.port, { credentials: password })))
        expect(fault).toMatchObject({ class: "protocol", stage: "auth", misconfigured: true })
        expect(scripted.commands().filter((line) => !line.startsWith("EHLO"))).toEqual([])
      }
    },
  },
  {
    name: "vetted addresses are dialled in order until one answers (N1)",
    async run({ sender, server }) {
      const scripted = await server()
      const vetted = async () => [
        { address: "127.0.0.9", family: 4 as const },
        { address: "127.0.0.1", family: 4 as const },
      ]
      const at = serverAt(scripted.port, { host: "mail.not-resolvable.test" })
      expect(outcomes(await sender({}, vetted).send(requestTo(at)))).toEqual(["bob accepted 250"])
    },
  },
  {
    name: "an address that is not allowed is not dialled (N1)",
    async run({ sender, server }) {
      const scripted = await server()
      const refuse = async () => {
        throw new RelayError("address_not_allowed", "no", { fix: "allow the network" })
      }
      const result = await sender({}, refuse).send(requestTo(serverAt(scripted.port)))
      expect(result.fault).toMatchObject({ class: "address_not_allowed", stage: "resolve", fix: "allow the network" })
      expect([outcomes(result), scripted.dialogues]).toEqual([["bob deferred -"], []])
    },
  },
  {
    name: "a port where nothing listens is a fault of class connect",
    async run({ sender, server }) {
      const scripted = await server()
      await scripted.close()
      const result = await sender().send(requestTo(serverAt(scripted.port)))
      expect(result.fault).toMatchObject({ class: "connect", stage: "connect", code: "ECONNREFUSED" })
    },
  },
  ...(
    [
      ["421 4.7.0 Error: too many connections", "too_many_connections"],
      ["450 4.3.2 later", "throttled"],
      ["554 5.7.1 no service for you", "connect"],
    ] as const
  ).map(
    ([greeting, faultClass]): SenderCase => ({
      name: `a greeting of "${greeting}" is ${faultClass}, never auth (F2)`,
      async run({ sender, server }) {
        const { port } = await server({ answer: (step) => (step === "connect" ? greeting : undefined) })
        const { fault } = await sender().send(requestTo(serverAt(port)))
        expect(fault).toMatchObject({
          class: faultClass,
          stage: "greeting",
          code: greeting.slice(0, 3),
          misconfigured: false,
        })
      },
    }),
  ),
  {
    name: "a connection closed before its greeting is over a limit (F2)",
    async run({ sender, server }) {
      const { port } = await server({ answer: (step) => (step === "connect" ? { end: "drop" } : undefined) })
      const { fault } = await sender().send(requestTo(serverAt(port)))
      expect(fault).toMatchObject({ class: "too_many_connections", stage: "greeting" })
    },
  },
]
