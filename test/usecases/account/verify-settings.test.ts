import { verifySettings } from "@postrider/core/account/verify-settings"
import type { VerifyTarget } from "@postrider/core/account/verify-target"
import type { MailServer, Security } from "@postrider/core/ports/mail-server"
import { createImapReader } from "@postrider/mail/imap/imap-reader"
import { createMailboxReader } from "@postrider/mail/mailbox-reader"
import { createPop3Reader } from "@postrider/mail/pop3/pop3-reader"
import { createSmtpSender } from "@postrider/mail/smtp/smtp-sender"
import { createPortProbe } from "@postrider/mail/verify/probe-port"
import { createClock } from "@postrider/runtime/clock"
import { type Sandbox, startSandbox } from "@postrider/sandbox/start-sandbox"
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest"
import { certificate } from "../../support/certificates.ts"
import { freePorts } from "../../support/free-ports.ts"
import { startLineServer } from "../../support/line-server.ts"
import { loopback } from "../../support/loopback.ts"
import { quietLogger } from "../../support/quiet-logger.ts"

const clock = createClock()
const timeouts = { greetingMs: 400 }
const sender = createSmtpSender({ vet: loopback, clock, limits: timeouts })
const reader = createMailboxReader({
  imap: createImapReader({ vet: loopback, clock, log: quietLogger, timeouts }),
  pop3: createPop3Reader({ vet: loopback, clock, timeouts }),
})
const ports = { sender, reader, clock, probe: createPortProbe({ vet: loopback, clock }) }
afterAll(() => sender.close())

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox({
    tls: certificate("server"),
    users: { alice: { password: "secret" } },
    smtp: { auth: "required" },
  })
})
afterAll(() => sandbox.stop())
beforeEach(() => {
  sandbox.faults.clear()
  sandbox.log.clear()
})

type Protocol = VerifyTarget["protocol"]

function target(protocol: Protocol, security: Security = "tls", changes: Partial<MailServer> = {}): VerifyTarget {
  const port = sandbox.ports[security === "tls" ? (`${protocol}s` as const) : protocol] ?? 0
  const server: MailServer = {
    host: "localhost",
    port,
    security,
    tls: { ca: certificate("ca").cert },
    credentials: { kind: "password", username: "alice", password: "secret" },
    ...changes,
  }
  return { protocol, server, ...(protocol === "smtp" ? { mailFrom: "alice@demo.test" } : {}) }
}

const wrongPassword = { credentials: { kind: "password", username: "alice", password: "no" } } as const

/** What clients said on all connections. */
const said = () => sandbox.log.sessions.flatMap((one) => one.lines.filter((line) => line.startsWith("C: ")))

describe("verify", () => {
  test.each([
    ["imap", "pop3", "POP3"],
    ["pop3", "imap", "IMAP"],
    ["imap", "smtp", "SMTP"],
    ["smtp", "pop3", "POP3"],
  ] as const)(
    "a port that speaks another protocol is told by its greeting: %s on the port of %s",
    async (wanted, spoken, name) => {
      const answer = await verifySettings(ports, [target(wanted, "none", { port: sandbox.ports[spoken] })])
      expect(answer.ok).toBe(false)
      expect(answer.checks[0]).toMatchObject({ ok: false, stage: "greeting", class: "protocol" })
      expect(answer.checks[0]?.fix).toContain(`speaks ${name}`)
      expect(answer.checks[0]?.response).toBeTruthy()
      expect(said().filter((line) => /alice|secret/.test(line))).toEqual([])
    },
  )

  test("N3: settings that work are ok, with what the server offers and the certificate, and no mail is sent", async () => {
    const answer = await verifySettings(ports, [target("smtp"), target("imap", "starttls"), target("pop3")])
    expect(answer.suggestion).toBeUndefined()
    expect(answer.ok).toBe(true)
    expect(answer.checks.map((check) => [check.protocol, check.ok, check.authenticated, check.fix])).toEqual([
      ["smtp", true, true, null],
      ["imap", true, true, null],
      ["pop3", true, true, null],
    ])
    for (const check of answer.checks) {
      expect(check.capabilities).not.toEqual([])
      expect(check.tls?.certificate.fingerprint_sha256).toMatch(/^[0-9a-f]{64}$/)
      expect(check.class).toBeNull()
    }
    expect(said().filter((line) => /DATA|RCPT/i.test(line))).toEqual([])
  })

  test("N3: each mailbox of the settings is selected; one that is not there fails the check with its reason", async () => {
    const good = await verifySettings(ports, [{ ...target("imap"), mailboxes: ["INBOX", "@junk", "*"] }])
    expect(good.ok).toBe(true)
    expect(
      said()
        .filter((line) => line.includes("SELECT"))
        .join(),
    ).toMatch(/INBOX.*Junk.*Archive/s)
    const bad = await verifySettings(ports, [{ ...target("imap"), mailboxes: ["INBOX", "Invoices"] }])
    expect(bad.ok).toBe(false)
    expect(bad.checks).toHaveLength(1)
    expect(bad.checks[0]).toMatchObject({ ok: false, authenticated: true, stage: "select" })
    expect(bad.checks[0]?.fix).toContain("does not exist")
  })

  test("N3: a refused password is class auth, and is tried once: not elsewhere, not by another server of the same account", async () => {
    const other = { ...target("smtp", "starttls", wrongPassword) }
    const answer = await verifySettings(ports, [target("smtp", "tls", wrongPassword), other])
    expect(answer.ok).toBe(false)
    expect(answer.suggestion).toBeUndefined()
    expect(answer.checks.map((check) => [check.class, check.stage])).toEqual([
      ["auth", "auth"],
      ["auth", "auth"],
    ])
    expect(answer.checks[1]?.fix).toContain("not tried again")
    expect(said().filter((line) => line.includes("AUTH"))).toHaveLength(1)
  })

  for (const protocol of ["smtp", "imap", "pop3"] as const) {
    test(`N3: ${protocol} with TLS on a port of plain text is told to use starttls there`, async () => {
      const port = sandbox.ports[protocol]
      const answer = await verifySettings(ports, [target(protocol, "tls", { port })])
      expect(answer.ok).toBe(false)
      expect(answer.checks[0]).toMatchObject({ protocol, port, security: "tls", ok: false, authenticated: false })
      expect(answer.checks[0]?.fix).toBe(`port ${port} answers with STARTTLS; set security to starttls`)
      expect(answer.suggestion).toEqual({ [protocol]: { host: "localhost", port, security: "starttls" } })
      expect(answer.checks.find((check) => check.port === port && check.security === "starttls")).toMatchObject({
        ok: true,
        authenticated: false,
        tls: { version: expect.stringContaining("TLS") },
      })
      expect(said().filter((line) => /LOGIN|AUTH|USER|PASS/i.test(line))).toEqual([])
    })

    test(`N3: ${protocol} with STARTTLS on a port of TLS is told to use tls there`, async () => {
      const port = sandbox.ports[`${protocol}s`] ?? 0
      const answer = await verifySettings(ports, [target(protocol, "starttls", { port })])
      expect(answer.checks[0]?.fix).toBe(`port ${port} answers with TLS; set security to tls`)
      expect(answer.suggestion).toEqual({ [protocol]: { host: "localhost", port, security: "tls" } })
    })
  }

  test("a connection without TLS is never suggested", async () => {
    const plain = await startSandbox({ users: { alice: { password: "secret" } } })
    const answer = await verifySettings(ports, [target("imap", "starttls", { port: plain.ports.imap })])
    await plain.stop()
    expect(answer.ok).toBe(false)
    expect(answer.suggestion).toBeUndefined()
    expect(answer.checks[0]).toMatchObject({ class: "tls", stage: "starttls" })
    expect(answer.checks[0]?.fix).toContain("does not offer STARTTLS")
  })

  test("a port where nothing listens is told as such, with every port that was tried", async () => {
    const [port = 0] = await freePorts(1)
    const answer = await verifySettings(ports, [target("pop3", "tls", { port })])
    expect(answer.checks[0]).toMatchObject({ class: "connect", stage: "connect" })
    expect(answer.checks[0]?.fix).toContain("check host and port")
    expect(answer.checks.map((check) => check.port)).toEqual([port, port, 995, 110])
  })

  test("a server that is busy is not searched for elsewhere", async () => {
    const busy = await startLineServer({ onConnect: (peer) => peer.write("* BYE try again later\r\n") })
    const answer = await verifySettings(ports, [target("imap", "none", { port: busy.port })])
    await busy.close()
    expect(answer.checks).toHaveLength(1)
    expect(answer.checks[0]).toMatchObject({ class: "throttled", response: "try again later" })
  })

  test("E2: deleting and moving are refused where the server lacks UIDPLUS and MOVE, with the reason", async () => {
    sandbox.faults.set({ imap: { at: "capability", withhold: ["UIDPLUS", "MOVE"] } })
    const deleting = await verifySettings(ports, [{ ...target("imap"), delete: "at_once" }])
    expect(deleting.checks[0]).toMatchObject({ ok: false, authenticated: true })
    expect(deleting.checks[0]?.fix).toContain("UIDPLUS")
    const moving = await verifySettings(ports, [{ ...target("imap"), moveTo: "Archive" }])
    expect(moving.checks[0]?.fix).toContain("leave move_to out")
    const reading = await verifySettings(ports, [target("imap")])
    expect(reading.ok).toBe(true)
  })

  test("D4: a POP3 server without UIDL is accepted only where mail is deleted at once", async () => {
    sandbox.faults.set({ pop3: { at: "capa", withhold: ["UIDL"] } })
    const keeping = await verifySettings(ports, [target("pop3")])
    expect(keeping.checks[0]).toMatchObject({ ok: false, authenticated: true })
    expect(keeping.checks[0]?.fix).toContain("after_store")
    const deleting = await verifySettings(ports, [{ ...target("pop3"), delete: "at_once" }])
    expect(deleting.ok).toBe(true)
  })

  test("nothing to verify is ok, and verifies nothing", async () => {
    expect(await verifySettings(ports, [])).toEqual({ ok: true, checks: [] })
  })
})
