import { RelayError } from "@postrider/core/error/relay-error"
import type { VetAddress } from "@postrider/core/ports/mail-server"
import type { FetchedMail, MailboxSession } from "@postrider/core/ports/mailbox-reader"
import { newFault } from "@postrider/mail/fault/new-fault"
import { createPop3Reader } from "@postrider/mail/pop3/pop3-reader"
import { afterEach, describe, expect, it } from "vitest"
import { loopback } from "../../support/loopback.ts"
import {
  type DropMail,
  type MaildropOptions,
  type MaildropServer,
  startMaildropServer,
} from "../../support/maildrop-server.ts"
import { createManualClock } from "../../support/manual-clock.ts"
import { faultOf, openPop3 } from "./pop3-opening.ts"

let server: MaildropServer | undefined
afterEach(() => server?.close())

const mail = (subject: string, body = "hello\r\n"): DropMail => ({
  uidl: `uid-${subject}`,
  content: Buffer.from(`Subject: ${subject}\r\n\r\n${body}`),
})

async function open(options: MaildropOptions = {}): Promise<MailboxSession> {
  server = await startMaildropServer({ mails: [mail("one"), mail("two")], ...options })
  return openPop3({ port: server.port })
}

async function fetchAll(
  session: MailboxSession,
  refs: number[],
  maxBytes = 10_000,
): Promise<(FetchedMail & { text?: string })[]> {
  const found: (FetchedMail & { text?: string })[] = []
  for await (const one of session.fetch(refs, { maxBytes })) {
    let text = ""
    if (one.kind === "mail") for await (const piece of one.body) text += Buffer.from(piece).toString("latin1")
    found.push({ ...one, text })
  }
  return found
}

const count = (keyword: string): number => server?.lines.filter((line) => line.split(" ")[0] === keyword).length ?? 0

describe("dialling", () => {
  it("takes the vetted addresses in order until one answers (mail-rules N1)", async () => {
    server = await startMaildropServer()
    // Nothing listens on the first one.
    const vet: VetAddress = async () => [
      { address: "::1", family: 6 },
      { address: "127.0.0.1", family: 4 },
    ]
    const session = await openPop3({ port: server.port, vet })
    expect(await session.end()).toEqual({ committed: true })
  })

  it.each<[string, MaildropOptions, string]>([
    ["refuses the login", { answers: { PASS: () => "-ERR no\r\n" }, capabilities: ["USER"] }, "auth"],
    ["greets with -ERR", { greeting: "-ERR busy" }, "throttled"],
  ])(
    "goes to no other address once a server %s, and never resolves by itself (mail-rules N1, N3)",
    async (_how, options, expected) => {
      server = await startMaildropServer(options)
      const twice: VetAddress = async () => [
        { address: "127.0.0.1", family: 4 },
        { address: "127.0.0.1", family: 4 },
      ]
      const opening = openPop3({ host: "does-not-exist.invalid", port: server.port, vet: twice })
      expect(await faultOf(opening)).toMatchObject({ class: expected })
      expect(server.connections()).toBe(1)
    },
  )

  it("passes on what vetting says: a name that does not exist is class dns and the settings' fault (mail-rules F5)", async () => {
    const facts = { code: "ENOTFOUND", fix: "check host", misconfigured: true }
    const fault = newFault("dns", "resolve", facts)
    const vet: VetAddress = async () =>
      Promise.reject(new RelayError("provider/unavailable", "No such name.", { fault }))
    expect(await faultOf(openPop3({ port: 110, vet }))).toEqual(fault)
  })

  it("ends at the deadline, whatever it waits for: vetting, the greeting, a reply", async () => {
    const silent = await startMaildropServer({ answers: { UIDL: () => null } })
    server = silent
    const never: VetAddress = () => new Promise(() => undefined)
    for (const wait of [{ vet: never }, {}]) {
      const clock = createManualClock()
      const reader = createPop3Reader({ vet: loopback, clock, ...wait })
      const credentials = { kind: "password", username: "alice", password: "secret" } as const
      const target = { host: "localhost", port: silent.port, security: "none", tls: {}, credentials } as const
      const opening = faultOf(reader.open({ protocol: "pop3", server: target, deadline: clock.now() + 60_000 }))
      while (!("vet" in wait) && count("UIDL") === 0) await new Promise((resolve) => setImmediate(resolve))
      await clock.advance(60_000)
      expect(await opening).toMatchObject({ class: "timeout", code: "DEADLINE" })
    }
  })

  it("leaves no timer of the deadline behind, however the session ends", async () => {
    server = await startMaildropServer()
    const clock = createManualClock()
    const reader = createPop3Reader({ vet: loopback, clock })
    const credentials = { kind: "password", username: "alice", password: "secret" } as const
    const target = { host: "localhost", port: server.port, security: "none", tls: {}, credentials } as const
    const start = () => reader.open({ protocol: "pop3", server: target, deadline: clock.now() + 60_000 })
    await (await start()).end()
    ;(await start()).abort()
    expect(clock.sleeping).toBe(0)
  })
})

describe("a listing", () => {
  it("reads UIDL and LIST once per session, whatever is asked (mail-rules D1)", async () => {
    const session = await open()
    expect(await session.select("INBOX")).toMatchObject({ exists: 2, uidValidity: null, uidNext: null })
    for (let n = 0; n < 3; n++) await session.list()
    await fetchAll(session, [1, 2])
    expect(await session.list()).toEqual([
      { ref: 1, uidl: "uid-one", size: 23 },
      { ref: 2, uidl: "uid-two", size: 23 },
    ])
    expect([count("UIDL"), count("LIST")]).toEqual([1, 1])
    expect(session.hasIds).toBe(true)
    await session.end()
  })

  it("of a server without UIDL has no ids, and says so (mail-rules D4)", async () => {
    const session = await open({ answers: { UIDL: () => "-ERR unknown command\r\n" } })
    expect(session.hasIds).toBe(false)
    expect(await session.list()).toEqual([
      { ref: 1, size: 23 },
      { ref: 2, size: 23 },
    ])
    await session.end()
  })

  it("that UIDL puts off for a while is a fault, not a server without ids (mail-rules D4, D5)", async () => {
    server = await startMaildropServer({ answers: { UIDL: () => "-ERR [SYS/TEMP] later\r\n" } })
    expect(await faultOf(openPop3({ port: server.port }))).toMatchObject({ class: "throttled", stage: "list" })
  })

  it("leaves out mails without an id where others have one", async () => {
    const session = await open({ answers: { UIDL: () => "+OK\r\n2 uid-two\r\n.\r\n" } })
    expect((await session.list()).map(({ ref }) => ref)).toEqual([2])
    await session.end()
  })

  it("tells capabilities with their arguments, those for the user once logged in (RFC 2449)", async () => {
    let asked = 0
    const session = await open({
      answers: { CAPA: () => `+OK\r\nLOGIN-DELAY ${asked++ === 0 ? "0 USER" : "600"}\r\nuser\r\n.\r\n` },
    })
    expect(session.capabilities).toEqual(["LOGIN-DELAY 600", "USER"])
    await session.end()
  })
})

describe("reading", () => {
  it("gives headers by TOP n 0 alone, without the lines of the body that some servers add (mail-rules D1)", async () => {
    const session = await open({ answers: { TOP: () => "+OK\r\nSubject: x\r\n\r\nbody\r\n.\r\n" } })
    const headers = await session.headers([1, 2])
    expect([...headers.values()].map((block) => Buffer.from(block).toString())).toEqual([
      "Subject: x\r\n\r\n",
      "Subject: x\r\n\r\n",
    ])
    expect(server?.lines.filter((line) => line.startsWith("TOP"))).toEqual(["TOP 1 0", "TOP 2 0"])
    await session.end()
  })

  it("leaves out the headers a server refuses", async () => {
    const session = await open({ answers: { TOP: (line) => (line === "TOP 1 0" ? "-ERR no\r\n" : undefined) } })
    expect([...(await session.headers([1, 2])).keys()]).toEqual([2])
    await session.end()
  })

  it("cuts a header block at 1 MiB and goes on", async () => {
    const session = await open({
      mails: [mail("big", ""), mail("two")],
      answers: { TOP: (line) => (line === "TOP 1 0" ? `+OK\r\n${"X: y\r\n".repeat(300_000)}\r\n.\r\n` : undefined) },
    })
    const headers = await session.headers([1, 2])
    expect([headers.get(1)?.length, headers.get(2)?.length]).toEqual([1024 * 1024, 16])
    await session.end()
  })

  it("of a mail that LIST calls too large takes its headers, and no RETR (mail-rules B6)", async () => {
    const session = await open({ mails: [{ ...mail("one"), size: 50_000 }, mail("two")] })
    const found = await fetchAll(session, [1, 2])
    expect(found.map(({ kind }) => kind)).toEqual(["oversize", "mail"])
    expect(count("RETR")).toBe(1)
    await session.end()
  })

  it("of a mail larger than LIST said fails that mail, then takes its headers, and goes on (mail-rules B6)", async () => {
    const session = await open({ mails: [{ ...mail("one", "y".repeat(300_000)), size: 100 }, mail("two")] })
    await expect(fetchAll(session, [1], 100_000)).rejects.toMatchObject({ code: "message_too_large" })
    const found = await fetchAll(session, [1, 2], 100_000)
    expect(found.map(({ kind }) => kind)).toEqual(["oversize", "mail"])
    await session.end()
  })

  it("of a mail the server refuses or sends empty reports it missing; the next one comes (mail-rules B4)", async () => {
    const session = await open({
      answers: { RETR: (line) => (line === "RETR 1" ? "-ERR message is gone\r\n" : undefined) },
    })
    const found = await fetchAll(session, [1, 2])
    expect(found).toMatchObject([
      { kind: "missing", reason: "-ERR message is gone" },
      { kind: "mail", text: "Subject: two\r\n\r\nhello\r\n" },
    ])
    await session.end()
  })

  it("of a mail refused because the server is busy is a fault, so that nothing is parked for it (mail-rules B4, F2)", async () => {
    const session = await open({ answers: { RETR: () => "-ERR [SYS/TEMP] disk trouble\r\n" } })
    expect(await faultOf(fetchAll(session, [1]))).toMatchObject({ class: "throttled", stage: "fetch" })
    await session.end()
  })
})

describe("changing", () => {
  it("deletes with DELE once a mail, and counts it when QUIT was confirmed (mail-rules D3)", async () => {
    const session = await open()
    await session.change([1], { delete: true })
    await session.change([1], { delete: true })
    expect(server?.mails).toHaveLength(2)
    expect(await session.end()).toEqual({ committed: true })
    expect(server?.mails.map(({ uidl }) => uidl)).toEqual(["uid-two"])
    expect(count("DELE")).toBe(1)
  })

  it.each([
    ["refused", "-ERR [SYS/TEMP] some messages not removed\r\n"],
    ["not answered", null],
  ])("counts nothing as deleted when QUIT is %s (mail-rules D3)", async (_how, answer) => {
    const session = await open({
      answers: {
        QUIT: (_line, { socket }) => {
          if (answer === null) socket.destroy()
          return answer
        },
      },
    })
    await session.change([1], { delete: true })
    expect(await session.end()).toEqual({ committed: false })
  })

  it("tries every mail, then throws the refusal", async () => {
    const session = await open({
      answers: { DELE: (line) => (line === "DELE 1" ? "-ERR no such message\r\n" : undefined) },
    })
    await expect(session.change([1, 2], { delete: true })).rejects.toMatchObject({ code: "provider/refused" })
    await session.end()
    expect(server?.mails.map(({ uidl }) => uidl)).toEqual(["uid-one"])
  })

  it("refuses what POP3 cannot do, and the session goes on", async () => {
    const session = await open()
    const calls = [
      () => session.change([1], { addFlags: ["\\Seen"] }),
      () => session.change([1], { moveTo: "Trash" }),
      () => session.searchHeader("Message-ID", "x"),
      () => session.append("Sent", Buffer.from("x"), { flags: [] }),
      () => session.select("Sent"),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: "unsupported" })
    expect(await session.exists(2)).toBe(true)
    expect(await session.mailboxes()).toEqual([
      { path: "INBOX", specialUse: "\\Inbox", selectable: true, mailboxId: null },
    ])
    await session.end()
  })
})
