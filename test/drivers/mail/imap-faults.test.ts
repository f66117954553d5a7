import type { MailFault } from "@postrider/core/ports/mail-fault"
import type { MailServer, VetAddress } from "@postrider/core/ports/mail-server"
import { createImapReader, type ImapReaderOptions } from "@postrider/mail/imap/imap-reader"
import { createMailboxReader } from "@postrider/mail/mailbox-reader"
import { createClock } from "@postrider/runtime/clock"
import { type Sandbox, startSandbox } from "@postrider/sandbox/start-sandbox"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { faultOf } from "../../contracts/mailbox-reader/harness.ts"
import { type CertificateName, certificate } from "../../support/certificates.ts"
import { type LineServerOptions, startLineServer } from "../../support/line-server.ts"
import { loopback } from "../../support/loopback.ts"
import { createManualClock } from "../../support/manual-clock.ts"
import { quietLogger } from "../../support/quiet-logger.ts"
import { sandboxServer } from "../../support/sandbox-harness.ts"

const createReader = (options: Partial<ImapReaderOptions> = {}) =>
  createImapReader({ vet: loopback, clock: createClock(), log: quietLogger, ...options })

const openFault = (server: MailServer, options: Partial<ImapReaderOptions> = {}): Promise<MailFault> =>
  faultOf(createReader(options).open({ protocol: "imap", server, deadline: Date.now() + 8_000 }))

/** A server that answers LOGIN with `answer`, reached without TLS. */
async function loginFault(answer: string, options: Partial<LineServerOptions> = {}): Promise<MailFault> {
  const server = await startLineServer({
    onConnect: (peer) => peer.write("* OK ready\r\n"),
    onLine: (line, peer) => {
      const [tag, command] = line.split(" ")
      if (command === "CAPABILITY") peer.write(`* CAPABILITY IMAP4rev1\r\n${tag} OK done\r\n`)
      else peer.write(answer.replaceAll("TAG", tag ?? ""))
    },
    ...options,
  })
  try {
    return await openFault(plainServer(server.port))
  } finally {
    await server.close()
  }
}

const plainServer = (port: number): MailServer => ({
  host: "localhost",
  port,
  security: "none",
  tls: {},
  credentials: { kind: "password", username: "alice", password: "secret" },
})

describe("F2: answers to a login that do not blame the credentials", () => {
  const rows: [answer: string, expected: Partial<MailFault>][] = [
    ["TAG NO [LIMIT] Maximum number of connections\r\n", { class: "too_many_connections", code: "LIMIT" }],
    ["TAG NO [INUSE] locked\r\n", { class: "throttled", code: "INUSE" }],
    ["TAG NO [UNAVAILABLE] Temporary authentication failure\r\n", { class: "throttled", code: "UNAVAILABLE" }],
    ["TAG NO [ALERT] Too many simultaneous connections. (Failure)\r\n", { class: "too_many_connections" }],
    ["TAG NO [OVERQUOTA] Account exceeded command or bandwidth limits.\r\n", { class: "throttled" }],
    ["TAG NO LOGIN Rate limit hit\r\n", { class: "throttled" }],
    ["* BYE shutting down\r\n", { class: "connect", code: "BYE", response: "shutting down" }],
    ["TAG BAD what\r\n", { class: "protocol" }],
    [
      "TAG NO [PRIVACYREQUIRED] no plain text\r\n",
      { class: "tls", misconfigured: true, fix: expect.stringContaining("set security to starttls") },
    ],
  ]
  for (const [answer, expected] of rows) {
    test(JSON.stringify(answer), async () => {
      expect(await loginFault(answer)).toMatchObject({ stage: "auth", ...expected })
    })
  }

  test("a greeting of BYE is the server's business, with its words", async () => {
    const fault = await loginFault("", { onConnect: (peer) => peer.write("* BYE Too many connections\r\n") })
    expect(fault).toMatchObject({ class: "too_many_connections", stage: "greeting", response: "Too many connections" })
  })
})

describe("answers to a login that do", () => {
  const rows: [answer: string, code: string | null][] = [
    ["TAG NO [AUTHENTICATIONFAILED] Authentication failed.\r\n", "AUTHENTICATIONFAILED"],
    ["TAG NO Login failed\r\n", null],
    ["TAG NO [EXPIRED] password expired\r\n", "EXPIRED"],
  ]
  for (const [answer, code] of rows) {
    test(JSON.stringify(answer), async () => {
      expect(await loginFault(answer)).toMatchObject({ class: "auth", stage: "auth", code, misconfigured: false })
    })
  }

  test("missing credentials are told without dialling", async () => {
    const server = { ...plainServer(1), credentials: null }
    expect(await openFault(server)).toMatchObject({ class: "auth", misconfigured: true })
  })
})

describe("settings that do not fit the server (mail-rules F5, N1, N2)", () => {
  let sandbox: Sandbox
  beforeAll(async () => {
    sandbox = await startSandbox({ tls: certificate("server") })
  })
  afterAll(() => sandbox.stop())
  const server = (changes: Partial<MailServer>): MailServer => ({
    ...sandboxServer(sandbox, { protocol: "imap", security: "tls", user: "alice" }),
    ...changes,
  })

  test("TLS spoken to a port of plain text", async () => {
    const fault = await openFault(server({ port: sandbox.ports.imap }))
    expect(fault).toMatchObject({ class: "tls", misconfigured: true, fix: expect.stringContaining("starttls") })
  })

  test("plain text spoken to a port of TLS", async () => {
    const fault = await openFault(server({ security: "starttls" }), { timeouts: { greetingMs: 300 } })
    expect(fault).toMatchObject({ stage: "greeting", fix: expect.stringContaining("set security to tls") })
    expect(["timeout", "tls"]).toContain(fault.class)
  })

  test("STARTTLS is not offered: no credentials are sent", async () => {
    const lines: string[] = []
    const plain = await startLineServer({
      onConnect: (peer) => peer.write("* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n"),
      onLine: (line, peer) => {
        lines.push(line)
        peer.write(`* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n${line.split(" ")[0]} OK\r\n`)
      },
    })
    const fault = await openFault(server({ port: plain.port, security: "starttls" }))
    await plain.close()
    expect(fault).toMatchObject({ class: "tls", stage: "starttls", misconfigured: true })
    expect(lines.filter((line) => /LOGIN|AUTHENTICATE/.test(line))).toEqual([])
  })

  test("N2: octets between STARTTLS and TLS end the connection", async () => {
    const plain = await startLineServer({
      onConnect: (peer) => peer.write("* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"),
      onLine: (line, peer) => {
        const tag = line.split(" ")[0]
        const starttls = line.endsWith("STARTTLS")
        peer.write(starttls ? `${tag} OK go\r\n* OK injected\r\n` : `* CAPABILITY IMAP4rev1 STARTTLS\r\n${tag} OK\r\n`)
      },
    })
    const fault = await openFault(server({ port: plain.port, security: "starttls" }))
    await plain.close()
    expect(fault).toMatchObject({ class: "tls", stage: "starttls" })
  })

  test("a certificate of an unknown authority is refused, unless its fingerprint is pinned", async () => {
    const fault = await openFault(server({ tls: {} }))
    expect(fault).toMatchObject({ class: "tls", misconfigured: true, fix: expect.stringContaining("tls.ca") })
    const trusted = await createReader().open({ protocol: "imap", server: server({}), deadline: Date.now() + 8_000 })
    const fingerprintSha256 = trusted.tls?.certificate.fingerprintSha256 ?? ""
    await trusted.end()
    for (const security of ["tls", "starttls"] as const) {
      const port = security === "tls" ? (sandbox.ports.imaps ?? 0) : sandbox.ports.imap
      const pinned = server({ port, security, tls: { fingerprintSha256 } })
      const session = await createReader().open({ protocol: "imap", server: pinned, deadline: Date.now() + 8_000 })
      expect(session.tls?.certificate.fingerprintSha256).toBe(fingerprintSha256)
      await session.end()
      const wrong = server({ port, security, tls: { fingerprintSha256: "00".repeat(32) } })
      expect(await openFault(wrong)).toMatchObject({ class: "tls", code: "ERR_TLS_FINGERPRINT" })
    }
  })

  const certificates: [name: CertificateName, code: string][] = [
    ["wrong-name", "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["expired", "CERT_HAS_EXPIRED"],
    ["self-signed", "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ]
  for (const [name, code] of certificates) {
    test(`a certificate that is ${name} is refused, over TLS and STARTTLS`, async () => {
      const other = await startSandbox({ tls: certificate(name) })
      const faults = [
        await openFault(server({ port: other.ports.imaps ?? 0 })),
        await openFault(server({ port: other.ports.imap, security: "starttls" })),
      ]
      await other.stop()
      for (const fault of faults) expect(fault).toMatchObject({ class: "tls", code, misconfigured: true })
    })
  }

  test("several addresses are tried in order until one answers; a refusal ends it", async () => {
    const addresses: string[] = []
    const vet: VetAddress = async ({ host }) => {
      addresses.push(host)
      return [
        { address: "127.0.0.2", family: 4 },
        { address: "127.0.0.1", family: 4 },
      ]
    }
    const reader = createReader({ vet })
    const session = await reader.open({ protocol: "imap", server: server({}), deadline: Date.now() + 8_000 })
    await session.end()
    expect(addresses).toEqual(["localhost"])
    const credentials = { kind: "password", username: "alice", password: "no" } as const
    expect(await openFault(server({ credentials }), { vet })).toMatchObject({ class: "auth" })
  })

  test("a token is sent by an OAuth mechanism, and its refusal is class oauth", async () => {
    const credentials = { kind: "token", username: "alice", accessToken: "stale" } as const
    expect(await openFault(server({ credentials }))).toMatchObject({ class: "oauth", stage: "auth" })
  })
})

describe("time", () => {
  test("the deadline is the clock's, and a session that ended in time leaves no timer behind", async () => {
    const sandbox = await startSandbox()
    const clock = createManualClock()
    const reader = createMailboxReader({ imap: createReader({ clock }), pop3: createReader({ clock }) })
    const server = sandboxServer(sandbox, { protocol: "imap", security: "none", user: "alice" })
    const open = () => reader.open({ protocol: "imap", server, deadline: clock.now() + 60_000 })
    const first = await open()
    await first.end()
    expect(clock.sleeping).toBe(0)
    const second = await open()
    await second.select("INBOX")
    sandbox.faults.set({ imap: { at: "fetch", hang: true } })
    sandbox.deliver("Subject: x\r\n\r\n", { to: "alice" })
    const listing = faultOf(second.headers([1]))
    await clock.advance(60_000)
    expect(await listing).toMatchObject({ class: "timeout", stage: "fetch", code: "DEADLINE" })
    expect(clock.sleeping).toBe(0)
    await sandbox.stop()
  })

  test("a server that falls silent in the middle of a command is given up after the time for silence", async () => {
    const sandbox = await startSandbox()
    sandbox.deliver("Subject: x\r\n\r\n", { to: "alice" })
    const server = sandboxServer(sandbox, { protocol: "imap", security: "none", user: "alice" })
    const reader = createReader({ timeouts: { silenceMs: 300 } })
    const session = await reader.open({ protocol: "imap", server, deadline: Date.now() + 8_000 })
    await session.select("INBOX")
    sandbox.faults.set({ imap: { at: "fetch", hang: true } })
    expect(await faultOf(session.headers([1]))).toMatchObject({ class: "timeout" })
    await sandbox.stop()
  })

  test("a caller that is busy for longer than that keeps its session", async () => {
    const sandbox = await startSandbox()
    sandbox.deliver("Subject: x\r\n\r\n", { to: "alice" })
    const server = sandboxServer(sandbox, { protocol: "imap", security: "none", user: "alice" })
    const reader = createReader({ timeouts: { silenceMs: 100 } })
    const session = await reader.open({ protocol: "imap", server, deadline: Date.now() + 8_000 })
    await session.select("INBOX")
    const noops = () => sandbox.log.sessions.flatMap((one) => one.lines).filter((line) => /C: .* NOOP/.test(line))
    await expect.poll(() => noops().length, { timeout: 5_000 }).toBeGreaterThan(2)
    expect((await session.list()).length).toBe(1)
    await session.end()
    await sandbox.stop()
  })
})
