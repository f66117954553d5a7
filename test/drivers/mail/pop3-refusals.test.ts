import { busyClass } from "@postrider/mail/pop3/refusal-table"
import { afterEach, describe, expect, it } from "vitest"
import { startLineServer } from "../../support/line-server.ts"
import { type MaildropOptions, type MaildropServer, startMaildropServer } from "../../support/maildrop-server.ts"
import { faultOf, openPop3 } from "./pop3-opening.ts"

let server: MaildropServer | undefined
afterEach(() => server?.close())

async function serve(options: MaildropOptions): Promise<number> {
  server = await startMaildropServer({ capabilities: ["USER", "UIDL", "TOP"], ...options })
  return server.port
}

const refusing = (answer: string): MaildropOptions => ({ answers: { PASS: () => `-ERR ${answer}\r\n` } })
const token = { kind: "token", username: "alice", accessToken: "expired" } as const

describe("a refused login", () => {
  it.each([
    ["[IN-USE] Do you have another POP session running?", "IN-USE"],
    ["[SYS/TEMP] Internal trouble", "SYS/TEMP"],
    ["[LOGIN-DELAY] minimum time between mail checks violation", "LOGIN-DELAY"],
    ["[login-delay 30] wait", "LOGIN-DELAY"],
  ])("with the code of %s is not a credentials fault (mail-rules D5)", async (answer, code) => {
    const port = await serve(refusing(answer))
    const fault = await faultOf(openPop3({ port }))
    expect(fault).toMatchObject({ class: "throttled", stage: "auth", code, response: answer, misconfigured: false })
    expect(server?.lines.filter((line) => line.startsWith("PASS"))).toHaveLength(1)
  })

  it.each([
    ["maildrop already locked by another session", "throttled"],
    ["Unable to lock maildrop: Mailbox is locked by POP server", "throttled"],
    ["Mailbox in use", "throttled"],
    ["Can't get lock.  Mailbox in use", "throttled"],
    ["Temporary authentication failure", "throttled"],
    ["Server Unavailable. 21", "throttled"],
    ["login frequency limit exceeded", "throttled"],
    ["Too many simultaneous connections", "too_many_connections"],
    ["Maximum number of connections from user+IP exceeded", "too_many_connections"],
  ])("that says %s without a code is not a credentials fault (mail-rules D5)", async (answer, expected) => {
    const port = await serve(refusing(answer))
    expect(await faultOf(openPop3({ port }))).toMatchObject({ class: expected, stage: "auth", response: answer })
  })

  it.each([
    "[AUTH] Authentication failed.",
    "Logon failure: unknown user name or bad password.",
    "invalid user or password",
    "",
  ])("that says %j is a credentials fault, after one try (mail-rules F3)", async (answer) => {
    const port = await serve(refusing(answer))
    expect(await faultOf(openPop3({ port }))).toMatchObject({ class: "auth", stage: "auth", misconfigured: false })
    expect(server?.lines.filter((line) => line.startsWith("PASS"))).toHaveLength(1)
    expect(server?.connections()).toBe(1)
  })

  it("with [AUTH] is one whatever its words speak of", () => {
    expect(busyClass("AUTH", "account locked, try again later")).toBeNull()
  })

  it("with SYS/PERM needs the administrator, no new password", async () => {
    const port = await serve(refusing("[SYS/PERM] maildrop is damaged"))
    expect(await faultOf(openPop3({ port }))).toMatchObject({
      class: "protocol",
      code: "SYS/PERM",
      misconfigured: true,
    })
  })

  it("for want of TLS says which setting to change", async () => {
    const port = await serve(
      refusing("[AUTH] Plaintext authentication disallowed on non-secure (SSL/TLS) connections."),
    )
    const fault = await faultOf(openPop3({ port }))
    expect(fault).toMatchObject({ class: "tls", stage: "auth", misconfigured: true })
    expect(fault.fix).toContain("set security to starttls or tls")
  })

  it("of a token is class oauth, with the server's words", async () => {
    const port = await serve({ capabilities: ["SASL XOAUTH2"] })
    expect(await faultOf(openPop3({ port, credentials: token }))).toMatchObject({
      class: "oauth",
      stage: "auth",
      code: "AUTH",
      response: "[AUTH] no",
    })
  })

  it("of a token is foreseen where the server lists no mechanism for tokens: nothing is sent", async () => {
    const port = await serve({ capabilities: ["SASL PLAIN", "USER"] })
    expect(await faultOf(openPop3({ port, credentials: token }))).toMatchObject({
      class: "protocol",
      stage: "auth",
      misconfigured: true,
    })
    expect(server?.lines).toEqual(["CAPA"])
  })

  it("is foreseen without credentials: nothing is dialled", async () => {
    const port = await serve({})
    expect(await faultOf(openPop3({ port, credentials: null }))).toMatchObject({ class: "auth", misconfigured: true })
    expect(server?.connections()).toBe(0)
  })

  it("that never comes is a timeout: PASS has 90 s of its own, here less (mail-rules D5)", async () => {
    const port = await serve({ answers: { PASS: () => null } })
    expect(await faultOf(openPop3({ port, timeouts: { loginMs: 50 } }))).toMatchObject({
      class: "timeout",
      stage: "auth",
    })
  })

  it("that is a closed connection is a fault of the connection", async () => {
    const port = await serve({
      answers: {
        PASS: (_line, peer) => {
          peer.socket.destroy()
          return null
        },
      },
    })
    expect(await faultOf(openPop3({ port }))).toMatchObject({ class: "connect", stage: "auth" })
  })
})

describe("a server that takes nobody", () => {
  it.each([
    ["-ERR [SYS/TEMP] try later", "throttled"],
    ["-ERR too many connections", "too_many_connections"],
    ["-ERR go away", "throttled"],
  ])("greets with %s: busy, never auth (mail-rules F2)", async (greeting, expected) => {
    const port = await serve({ greeting })
    expect(await faultOf(openPop3({ port }))).toMatchObject({
      class: expected,
      stage: "greeting",
      misconfigured: false,
    })
  })

  it("closes or resets before the greeting: busy (mail-rules F2)", async () => {
    const closing = await startLineServer({
      onConnect: ({ socket }) => void setTimeout(() => socket.resetAndDestroy(), 20),
    })
    expect(await faultOf(openPop3({ port: closing.port }))).toMatchObject({
      class: "too_many_connections",
      stage: "greeting",
    })
    await closing.close()
  })

  it("speaks another protocol: class protocol, with its words cleaned (mail-rules N3)", async () => {
    const other = await startLineServer({
      onConnect: (peer) => peer.write(`220 \x1b[31mother\x07 ${"x".repeat(2000)}\r\n`),
    })
    const fault = await faultOf(openPop3({ port: other.port }))
    expect(fault).toMatchObject({ class: "protocol", stage: "greeting" })
    expect(fault.response).toMatch(/^220 \[31mother x+$/)
    expect(fault.response?.length).toBeLessThanOrEqual(512)
    await other.close()
  })
})
