import { once } from "node:events"
import type { MailServer } from "@postrider/core/ports/mail-server"
import type { MailboxSession } from "@postrider/core/ports/mailbox-reader"
import { createImapReader } from "@postrider/mail/imap/imap-reader"
import { createClock } from "@postrider/runtime/clock"
import { afterEach, describe, expect, test } from "vitest"
import { faultOf } from "../../contracts/mailbox-reader/harness.ts"
import { type LineServer, type Peer, startLineServer } from "../../support/line-server.ts"
import { loopback } from "../../support/loopback.ts"
import { measureBuffers } from "../../support/measure-buffers.ts"
import { quietLogger } from "../../support/quiet-logger.ts"

const mebibyte = 1024 * 1024
let server: LineServer | undefined
afterEach(() => server?.close())

/** Sends the pieces as fast as the reader takes them, until it hangs up. */
async function flood(peer: Peer, pieces: Iterable<string | Buffer>): Promise<void> {
  for (const piece of pieces) {
    if (peer.socket.destroyed) return
    if (peer.socket.write(piece)) continue
    const over = new AbortController()
    const { signal } = over
    // Whichever comes first: a reader that hangs up never drains.
    await Promise.race([once(peer.socket, "drain", { signal }), once(peer.socket, "close", { signal })]).catch(() => 0)
    over.abort()
  }
}

/** A session with INBOX selected at a server that answers `verb` (FETCH, LIST, SEARCH) with whatever `answer` gives. */
async function hostile(
  verb: string,
  answer: () => Iterable<string | Buffer>,
  atOpening = false,
): Promise<MailboxSession> {
  let selected = atOpening
  server = await startLineServer({
    onConnect: (peer) => peer.write("* OK [CAPABILITY IMAP4rev1] ready\r\n"),
    onLine: (line, peer) => {
      const [tag, first = "", second] = line.split(" ")
      const command = first === "UID" ? second : first
      const done = `${tag} OK done\r\n`
      selected ||= command === "SELECT"
      if (command === verb && selected) void flood(peer, answer()).then(() => peer.write(done))
      else if (command === "CAPABILITY") peer.write(`* CAPABILITY IMAP4rev1\r\n${done}`)
      else if (command === "LIST") peer.write(`* LIST () "/" INBOX\r\n${done}`)
      else if (command === "SELECT") {
        peer.write(`* 60 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n* OK [UIDNEXT 61] x\r\n${tag} OK [READ-WRITE] done\r\n`)
      } else peer.write(done)
    },
  })
  const credentials = { kind: "password" as const, username: "alice", password: "secret" }
  const target: MailServer = { host: "localhost", port: server.port, security: "none", tls: {}, credentials }
  const reader = createImapReader({ vet: loopback, clock: createClock(), log: quietLogger, maxListedMails: 20_000 })
  const session = await reader.open({ protocol: "imap", server: target, deadline: Date.now() + 15_000 })
  await session.select("INBOX")
  return session
}

function* headerRows(count: number, octets: number): Generator<string | Buffer> {
  const piece = Buffer.from(`X: ${"a".repeat(65_531)}\r\n`)
  for (let uid = 1; uid <= count; uid++) {
    yield `* ${uid} FETCH (UID ${uid} BODY[HEADER]<0> {${octets}}\r\n`
    for (let sent = 0; sent < octets; sent += piece.length) yield piece.subarray(0, octets - sent)
    yield ")\r\n"
  }
}

const uids = (count: number) => Array.from({ length: count }, (_, at) => at + 1)

describe("a server that sends without end, or more than it was asked for", () => {
  test("a header block is cut at 1 MiB though the server sends more", async () => {
    const session = await hostile("FETCH", () => headerRows(2, 5 * mebibyte))
    const blocks = await session.headers([1, 2])
    expect([...blocks.values()].map((block) => block.length)).toEqual([mebibyte, mebibyte])
    expect([...blocks.values()].map((block) => block.buffer.byteLength)).toEqual([mebibyte, mebibyte])
  })

  test("60 headers of 20 MB end the session, and never take more than tens of MiB", async () => {
    const memory = measureBuffers()
    const session = await hostile("FETCH", function* () {
      for (const piece of headerRows(60, 20_000_000)) {
        memory.sample()
        yield piece
      }
    })
    expect(await faultOf(session.headers(uids(60)))).toMatchObject({ class: "protocol", code: "TooMuchData" })
    expect(memory.grownBytes()).toBeLessThan(64 * mebibyte)
    expect(await faultOf(session.select("INBOX"))).toMatchObject({ code: "TooMuchData" })
  })

  test("60 headers of 1 MiB, each within its limit, are too much together", async () => {
    const session = await hostile("FETCH", () => headerRows(60, mebibyte))
    expect(await faultOf(session.headers(uids(60)))).toMatchObject({ class: "protocol", code: "TooMuchData" })
  })

  test("of a mail's flags 100 are kept, none of them long, and the EMAILID only where it is one", async () => {
    const flags = Array.from({ length: 4_000 }, (_, at) => `flag${at}`).join(" ")
    const session = await hostile("FETCH", () => [
      `* 1 FETCH (UID 1 FLAGS (${"x".repeat(300)} ${flags}) RFC822.SIZE 5 EMAILID (${"e".repeat(300)}))\r\n`,
      `* 2 FETCH (UID 2 FLAGS (\\Seen \\Recent) RFC822.SIZE 5 EMAILID (M1))\r\n`,
    ])
    const [first, second] = await session.list()
    expect(first?.flags).toEqual(Array.from({ length: 100 }, (_, at) => `flag${at}`))
    expect(first).not.toHaveProperty("emailId")
    expect(second).toMatchObject({ flags: ["\\Seen"], emailId: "M1" })
  })

  test("a listing of rows without end ends the session", async () => {
    const session = await hostile("FETCH", function* () {
      for (let uid = 1; uid <= 30_000; uid += 1000) {
        yield uids(1000)
          .map((n) => `* 1 FETCH (UID ${uid + n} RFC822.SIZE 5)\r\n`)
          .join("")
      }
    })
    expect(await faultOf(session.list())).toMatchObject({ class: "protocol", stage: "list", code: "TooManyRows" })
  }, 20_000)

  test("mailboxes without end, in the list or of its size, end the session", async () => {
    const rows = (from: number, count: number) =>
      uids(count)
        .map((n) => `* LIST () "/" box${from + n}\r\n`)
        .join("")
    const endless = await hostile("LIST", function* () {
      for (let box = 0; box < 600_000; box += 1000) yield rows(box, 1000)
    })
    expect(await faultOf(endless.mailboxes())).toMatchObject({ class: "protocol", code: "TooManyMailboxes" })
    await server?.close()
    const over = await hostile("LIST", () => [rows(0, 10_001)])
    expect(await faultOf(over.mailboxes())).toMatchObject({ class: "protocol", code: "TooManyMailboxes" })
    await server?.close()
    const most = await hostile("LIST", () => [rows(0, 4_000)])
    expect((await most.mailboxes()).length).toBeGreaterThanOrEqual(4_000)
  })

  test("what comes before the mailbox is asked for is bounded too", async () => {
    const rows = function* () {
      for (let box = 0; box < 600_000; box++) yield `* LIST () "/" box${box}\r\n`
    }
    expect(await faultOf(hostile("LIST", rows, true))).toMatchObject({ class: "protocol", code: "TooMuchData" })
  })

  test("found UIDs without end, the session", async () => {
    const session = await hostile("SEARCH", function* () {
      for (let line = 0; line < 200_000; line++) yield `* SEARCH ${"123456789 ".repeat(100)}\r\n`
    })
    expect(await faultOf(session.searchHeader("Message-ID", "a"))).toMatchObject({ code: "TooMuchData" })
  })
})
