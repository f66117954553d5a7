import type { Sandbox } from "@postrider/sandbox/start-sandbox"
import { describe, expect, it } from "vitest"
import { certificate } from "../../support/certificates.ts"
import { createImap, openInbox } from "./clients.ts"
import { mail } from "./mails.ts"
import { openRaw } from "./raw-client.ts"
import { sandboxes } from "./sandboxes.ts"

const start = sandboxes()
const filled = async (count: number) => {
  const sandbox = await start()
  for (let number = 1; number <= count; number += 1) {
    sandbox.deliver(mail(`m${number}`), { to: "ada", internalDate: new Date(Date.UTC(2026, 0, number, 12)) })
  }
  return sandbox
}
function found<T extends object>(answer: T | false): T {
  if (answer === false) throw new Error("imapflow found nothing")
  return answer
}
const signedIn = async (sandbox: Sandbox) => {
  const client = await openRaw(sandbox.ports.imap)
  await client.line()
  await client.ask("a LOGIN ada demo")
  const run = (command: string) => {
    client.send(`x ${command}\r\n`)
    return client.until(/^x /)
  }
  return { client, run }
}

describe("IMAP of the sandbox", () => {
  it("B1 opens with SELECT, lists and fetches with imapflow as the relay polls", async () => {
    const sandbox = await filled(3)
    const client = await openInbox(sandbox)
    expect(client.mailbox).toMatchObject({ exists: 3, uidNext: 4, readOnly: false })
    const rows = await client.fetchAll(
      "2:*",
      { uid: true, size: true, internalDate: true, flags: true, source: true },
      { uid: true },
    )
    expect(rows.map(({ uid, size, source }) => [uid, size, source?.toString()])).toEqual(
      [2, 3].map((uid) => [uid, mail(`m${uid}`).length, mail(`m${uid}`)]),
    )
    expect(rows[0]?.internalDate).toEqual(new Date(Date.UTC(2026, 0, 2, 12)))
    expect([...(rows[0]?.flags ?? [])]).toEqual([])
    await client.logout()
  })

  it("answers `n:*` with the last message when nothing is new, as Dovecot does", async () => {
    const { run } = await signedIn(await filled(2))
    await run("SELECT INBOX")
    expect(await run("UID FETCH 5000:* (UID)")).toEqual(["* 2 FETCH (UID 2)", "x OK Fetch completed"])
    expect(await run("UID SEARCH UID 5000:*")).toEqual(["* SEARCH 2", "x OK Search completed"])
  })

  it("serves parts of a mail, header fields, MIME parts and its structure", async () => {
    const sandbox = await start()
    const body =
      'From: A <a@demo.test>\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=b"\r\n\r\npreamble\r\n' +
      "--=b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nplain text\r\n" +
      "--=b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner text\r\n" +
      "--=b\r\nContent-Type: application/pdf; name=x.pdf\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=x.pdf\r\n\r\nAQID\r\n--=b--\r\n"
    sandbox.deliver(body, { to: "ada" })
    const { client, run } = await signedIn(sandbox)
    await run("SELECT INBOX")
    const literal = async (item: string) => {
      const [head = "", ...lines] = await run(`UID FETCH 1 (${item})`)
      const size = Number(/\{(\d+)\}$/.exec(head)?.[1])
      return lines.slice(0, -1).join("\r\n").slice(0, size)
    }
    expect(await literal("BODY.PEEK[]")).toBe(body)
    expect(await literal("BODY.PEEK[]<5.8>")).toBe(body.slice(5, 13))
    expect(await literal("BODY.PEEK[HEADER]")).toBe(body.slice(0, body.indexOf("preamble")))
    expect(await literal("BODY.PEEK[HEADER.FIELDS (SUBJECT X)]")).toBe("Subject: s\r\n\r\n")
    expect(await literal("BODY.PEEK[1]")).toBe("plain text")
    expect(await literal("BODY.PEEK[1.MIME]")).toBe("Content-Type: text/plain; charset=utf-8\r\n\r\n")
    expect(await literal("BODY.PEEK[2.HEADER]")).toBe("Subject: inner\r\n\r\n")
    expect(await literal("BODY.PEEK[2.TEXT]")).toBe("inner text")
    expect(await run("UID FETCH 1 (BODY.PEEK[7])")).toEqual(["* 1 FETCH (UID 1 BODY[7] NIL)", "x OK Fetch completed"])
    client.close()
    const flow = await openInbox(sandbox)
    const row = await flow.fetchOne("1", { bodyStructure: true, envelope: true }, { uid: true })
    expect(found(row).bodyStructure?.childNodes?.map(({ type }) => type)).toEqual([
      "text/plain",
      "message/rfc822",
      "application/pdf",
    ])
    expect(found(row).envelope?.from?.[0]).toMatchObject({ name: "A", address: "a@demo.test" })
    const { content } = await flow.download("1", "3", { uid: true })
    const chunks: Buffer[] = []
    for await (const chunk of content ?? []) chunks.push(chunk)
    expect(Buffer.concat(chunks)).toEqual(Buffer.of(1, 2, 3))
    await flow.logout()
  })

  it.each(["plain", "TLS"])("sends a mail of 50 MB unharmed over %s, in one literal and in parts", async (kind) => {
    const { cert, key } = certificate("server")
    const sandbox = await start({ tls: { cert, key } })
    const tls = { ca: certificate("ca").cert, servername: "localhost" }
    const options = kind === "TLS" ? { port: sandbox.ports.imaps ?? 0, secure: true, tls } : {}
    const raw = Buffer.concat([Buffer.from("Subject: big\r\n\r\n"), Buffer.alloc(50_000_000, "0123456789abcde\n")])
    sandbox.deliver(raw, { to: "ada" })
    const client = await openInbox(sandbox, options)
    const row = await client.fetchOne("1", { source: true }, { uid: true })
    expect(found(row).source?.equals(raw)).toBe(true)
    const { content } = await client.download("1", undefined, { uid: true, chunkSize: 8 * 1024 * 1024 })
    let at = 0
    for await (const chunk of content ?? []) {
      expect(raw.subarray(at, at + chunk.length).equals(chunk)).toBe(true)
      at += chunk.length
    }
    expect(at).toBe(raw.length)
    await client.logout()
  })

  it("E1 leaves flags alone under PEEK, and sets \\Seen under BODY[] and STORE", async () => {
    const sandbox = await filled(2)
    const { run } = await signedIn(sandbox)
    await run("SELECT INBOX")
    await run("UID FETCH 1 (BODY.PEEK[])")
    expect(sandbox.mailbox("ada").messages[0]?.flags.size).toBe(0)
    expect((await run("UID FETCH 1 (BODY[])")).join()).toContain("FLAGS (\\Seen)")
    expect(await run("UID STORE 2 +FLAGS (\\seen Custom)")).toEqual([
      "* 2 FETCH (UID 2 FLAGS (\\Seen Custom))",
      "x OK Stored",
    ])
    expect(await run("UID STORE 1:2 -FLAGS.SILENT (\\Seen)")).toEqual(["x OK Stored"])
    expect(sandbox.mailbox("ada").messages.map((message) => [...message.flags])).toEqual([[], ["Custom"]])
  })

  it("E2 expunges only what UID EXPUNGE names, copies and moves with COPYUID, keeping INTERNALDATE and EMAILID", async () => {
    const sandbox = await filled(4)
    const client = await openInbox(sandbox)
    await client.messageFlagsAdd("1,2", ["\\Deleted"], { uid: true })
    expect(await client.messageDelete("2", { uid: true })).toBe(true)
    expect(sandbox.mailbox("ada").messages.map(({ uid }) => uid)).toEqual([1, 3, 4])
    const before = sandbox.mailbox("ada").messages[1]
    const moved = await client.messageMove("3", "Archive", { uid: true })
    expect(found(moved).uidMap).toEqual(new Map([[3, 1]]))
    const copied = await client.messageCopy("4", "Archive", { uid: true })
    expect(found(copied).uidMap).toEqual(new Map([[4, 2]]))
    const [after] = sandbox.mailbox("ada", "Archive").messages
    expect([after?.internalDate, after?.emailId()]).toEqual([before?.internalDate, before?.emailId()])
    await client.logout()
  })

  it("searches by date without time, by header, flag, size, text and set", async () => {
    const sandbox = await filled(4)
    for (const message of sandbox.mailbox("ada").messages.slice(0, 1))
      sandbox.mailbox("ada").changeFlags(message, ["\\Seen"])
    const client = await openInbox(sandbox)
    const find = (query: Parameters<typeof client.search>[0]) => client.search(query, { uid: true })
    expect(await find({ since: new Date("2026-01-03T23:00:00Z") })).toEqual([3, 4])
    expect(await find({ before: new Date("2026-01-03T00:00:00Z") })).toEqual([1, 2])
    expect(await find({ seen: false })).toEqual([2, 3, 4])
    expect(await find({ header: { "message-id": "<m2@demo.test>" } })).toEqual([2])
    expect(await find({ or: [{ subject: "m1" }, { body: "text of m4" }] })).toEqual([1, 4])
    expect(await find({ not: { uid: "2:3" } })).toEqual([1, 4])
    expect(await find({ from: "nobody" })).toEqual([])
    await client.logout()
  })

  it("F4 tells an idling client of a delivery and of a removal at once", async () => {
    const sandbox = await filled(1)
    const { client, run } = await signedIn(sandbox)
    await run("SELECT INBOX")
    expect(await client.ask("i IDLE")).toBe("+ idling")
    sandbox.deliver(mail("new"), { to: "ada" })
    expect(await client.line()).toBe("* 2 EXISTS")
    sandbox.mailbox("ada").remove(new Set([1]))
    expect(await client.line()).toBe("* 1 EXPUNGE")
    expect(await client.ask("DONE")).toBe("i OK Idle completed")
  })

  it("keeps sequence numbers until the client has been told of a removal", async () => {
    const sandbox = await filled(3)
    const { run } = await signedIn(sandbox)
    await run("SELECT INBOX")
    sandbox.mailbox("ada").remove(new Set([1]))
    expect(await run("FETCH 1:3 (UID)")).toEqual(["* 2 FETCH (UID 2)", "* 3 FETCH (UID 3)", "x OK Fetch completed"])
    expect(await run("NOOP")).toEqual(["* 1 EXPUNGE", "x OK Completed"])
    expect(await run("FETCH 1 (UID)")).toEqual(["* 1 FETCH (UID 2)", "x OK Fetch completed"])
  })

  it("appends with literals of both kinds, creates, renames with the same MAILBOXID, and deletes", async () => {
    const sandbox = await start()
    const client = await openInbox(sandbox)
    await client.mailboxCreate("Work/2026")
    const date = new Date("2020-02-03T04:05:06Z")
    const appended = await client.append("Work/2026", Buffer.from(mail("x")), ["\\Seen"], date)
    expect(appended).toMatchObject({ destination: "Work/2026", uid: 1 })
    const id = sandbox.mailbox("ada", "Work/2026").mailboxId
    await client.mailboxRename("Work/2026", "Done")
    const status = await client.status("Done", { messages: true, uidNext: true, uidValidity: true, unseen: true })
    expect(status).toMatchObject({ messages: 1, uidNext: 2, unseen: 0 })
    const box = sandbox.mailbox("ada", "Done")
    expect([box.mailboxId, box.messages[0]?.internalDate]).toEqual([id, date])
    await client.mailboxDelete("Done")
    expect((await client.list()).map(({ path }) => path)).not.toContain("Done")
    await client.logout()
    const { client: raw } = await signedIn(sandbox)
    expect(await raw.ask("b APPEND INBOX {4}")).toBe("+ Ready")
    expect(await raw.ask("A: b")).toMatch(/^b OK \[APPENDUID \d+ 1\]/)
  })

  it("A8 lists with special use, extended and with status", async () => {
    const { run } = await signedIn(await filled(1))
    expect(await run('LIST "" "%"')).toContain('* LIST (\\HasNoChildren \\Sent) "/" "Sent"')
    expect(await run('LIST (SPECIAL-USE) "" "*" RETURN (SUBSCRIBED)')).not.toContain("INBOX")
    const lines = await run('LIST "" ("INBOX" "Nope") RETURN (STATUS (MESSAGES UIDNEXT))')
    expect(lines).toEqual([
      '* LIST (\\HasNoChildren) "/" "INBOX"',
      '* STATUS "INBOX" (MESSAGES 1 UIDNEXT 2)',
      "x OK List completed",
    ])
  })

  it("signs in with LOGIN, PLAIN and XOAUTH2 over STARTTLS and TLS, and masks the secrets in its log", async () => {
    const { cert, key } = certificate("server")
    const users = { ada: { password: "s3cret", accessToken: "t0ken" } }
    const sandbox = await start({ users, tls: { cert, key } })
    const tls = { ca: certificate("ca").cert, servername: "localhost" }
    const attempts = [
      { doSTARTTLS: true, tls, auth: { user: "ada", pass: "s3cret" } },
      { doSTARTTLS: true, tls, auth: { user: "ada", pass: "s3cret", loginMethod: "LOGIN" } },
      { port: sandbox.ports.imaps ?? 0, secure: true, tls, auth: { user: "ada", accessToken: "t0ken" } },
    ]
    for (const options of attempts) {
      const client = createImap(sandbox, { doSTARTTLS: undefined, ...options } as never)
      await client.connect()
      await client.logout()
    }
    expect(sandbox.log.sessions.map(({ secure, user }) => [secure, user])).toEqual(Array(3).fill([true, "ada"]))
    const wrong = createImap(sandbox, { auth: { user: "ada", accessToken: "old" } })
    await expect(wrong.connect()).rejects.toMatchObject({ authenticationFailed: true })
    const encoded = Buffer.from("\0ada\0s3cret").toString("base64")
    expect(JSON.stringify(sandbox.log.sessions)).not.toMatch(new RegExp(`s3cret|t0ken|${encoded}`))
  })

  it("offers and obeys only the capabilities that are not withheld", async () => {
    const sandbox = await start({ withhold: { imap: ["UIDPLUS", "MOVE", "OBJECTID", "SPECIAL-USE", "IDLE"] } })
    sandbox.deliver(mail("x"), { to: "ada" })
    const { run, client } = await signedIn(sandbox)
    const [capabilities] = await run("CAPABILITY")
    expect(capabilities).not.toMatch(/UIDPLUS|MOVE|OBJECTID|SPECIAL-USE|IDLE/)
    await run("SELECT INBOX")
    for (const command of ["UID EXPUNGE 1", "UID MOVE 1 Archive", "IDLE", "UID FETCH 1 (EMAILID)"]) {
      expect((await run(command)).at(-1)).toMatch(/^x BAD/)
    }
    expect(await run('LIST "" Sent')).toContain('* LIST (\\HasNoChildren) "/" "Sent"')
    expect(await run("UID COPY 1 Archive")).toEqual(["x OK Copied"])
    client.close()
  })
})
