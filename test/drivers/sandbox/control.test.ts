import type { Sandbox } from "@postrider/sandbox/start-sandbox"
import { describe, expect, it } from "vitest"
import { send } from "./clients.ts"
import { mail } from "./mails.ts"
import { sandboxes } from "./sandboxes.ts"

const start = sandboxes()
const ask = async (sandbox: Sandbox, request: string, body?: string) => {
  const [method = "", path = ""] = request.split(" ")
  const response = await fetch(`http://127.0.0.1:${sandbox.ports.control}${path}`, {
    method,
    ...(body ? { body } : {}),
  })
  const text = await response.text()
  const isJson = response.headers.get("content-type") === "application/json" && text !== ""
  return { status: response.status, text, json: isJson ? JSON.parse(text) : undefined }
}

describe("the control server of the sandbox", () => {
  it("sets the fault of the demo with a curl that has no content type, shows that it struck, and clears it", async () => {
    const sandbox = await start()
    const fault = { at: "rcpt", reply: "451 4.7.1 Try again later", times: 1 }
    const put = await ask(sandbox, "PUT /faults", JSON.stringify({ smtp: fault }))
    expect([put.status, put.json]).toEqual([200, { faults: [{ protocol: "smtp", fault, struck: 0 }] }])
    await expect(send(sandbox)).rejects.toMatchObject({ responseCode: 451 })
    expect((await send(sandbox)).response).toMatch(/^250/)
    expect((await ask(sandbox, "GET /faults")).json.faults[0].struck).toBe(1)
    expect((await ask(sandbox, "DELETE /faults")).json).toEqual({ faults: [] })
  })

  it("speaks snake_case and refuses camelCase", async () => {
    const sandbox = await start()
    const fault = { at: "dot", delay_ms: 5, drop: "reset" }
    expect((await ask(sandbox, "PUT /faults", JSON.stringify({ smtp: [fault] }))).json.faults[0].fault).toEqual(fault)
    const refused = await ask(sandbox, "PUT /faults", JSON.stringify({ smtp: { at: "dot", delayMs: 5 } }))
    expect([refused.status, refused.json.errors]).toEqual([
      400,
      [{ path: "smtp.delayMs (not snake_case)", detail: "unknown field" }],
    ])
  })

  const refusals: [string, string, RegExp][] = [
    ["nonsense", "$", /the body is not JSON/],
    ["[]", "$", /expected an object/],
    ['{"lmtp":{"at":"rcpt"}}', "lmtp", /unknown protocol/],
    ['{"smtp":{"at":"lunch","drop":true}}', "smtp.at", /expected one of connect, ehlo/],
    ['{"smtp":{"reply":"451 x"}}', "smtp.at", /expected one of/],
    ['{"smtp":{"at":"rcpt"}}', "smtp", /nothing would go wrong/],
    ['{"smtp":{"at":"rcpt","repyl":"451 x"}}', "smtp.repyl", /unknown field/],
    ['{"smtp":{"at":"rcpt","reply":"later"}}', "smtp.reply", /expected a reply as in 451/],
    ['{"smtp":{"at":"rcpt","reply":"451 x\\r\\n250 y"}}', "smtp.reply", /control characters/],
    ['{"smtp":{"at":"rcpt","drop":true,"times":0}}', "smtp.times", /whole number from 1/],
    ['{"smtp":{"at":"mail","drop":true,"recipient":"a@b"}}', "smtp.recipient", /only at rcpt/],
    ['{"smtp":{"at":"rcpt","nil_body":true}}', "smtp.nil_body", /not a field of smtp faults/],
    ['{"smtp":{"at":"ehlo","withhold":["SIZE"],"times":1}}', "smtp.withhold", /until it is cleared/],
    ['{"imap":[{"at":"fetch","omit":"bodies"},{"at":"fetch","omit":"some"}]}', "imap[1].omit", /"bodies" or "rows"/],
    ['{"imap":{"at":"login","reply":"a1 NO x"}}', "imap.reply", /without tag/],
    ['{"imap":{"at":"select","uid_next":"none"}}', "imap.uid_next", /a number or "absent"/],
    ['{"pop3":{"at":"login","reply":"[IN-USE]"}}', "pop3.reply", /-ERR/],
    ['{"pop3":{"at":"retr","uids":[]}}', "pop3.uids", /list that is not empty/],
  ]
  it.each(refusals)("refuses %s at %s and keeps the faults in force", async (body, path, reason) => {
    const sandbox = await start()
    sandbox.faults.set({ smtp: { at: "quit", delayMs: 1 } })
    const { status, json } = await ask(sandbox, "PUT /faults", body)
    expect(status).toBe(400)
    const [first] = json.errors ?? [{ path: "$", detail: json.error }]
    expect(first.path).toBe(path)
    expect(first.detail).toMatch(reason)
    expect(sandbox.faults.list()).toHaveLength(1)
  })

  it("lists users and messages, shows, delivers and removes mail", async () => {
    const sandbox = await start()
    const delivered = await ask(sandbox, "POST /mailboxes/ada?internal_date=2026-01-02T03:04:05Z", mail("posted"))
    expect([delivered.status, delivered.json]).toMatchObject([
      201,
      { uid: 1, subject: "posted", internal_date: "2026-01-02T03:04:05.000Z", message_id: "<posted@demo.test>" },
    ])
    expect((await ask(sandbox, "GET /mailboxes")).json.users[0]).toMatchObject({
      user: "ada",
      mailboxes: [{ count: 1 }, {}, {}, {}, {}, {}],
    })
    expect((await ask(sandbox, "GET /mailboxes/ada")).json).toMatchObject({
      mailbox: "INBOX",
      uid_next: 2,
      messages: [{ uid: 1 }],
    })
    expect((await ask(sandbox, "GET /mailboxes/ada?mailbox=Sent")).json.messages).toEqual([])
    expect((await ask(sandbox, "GET /mailboxes/ada/1")).text).toBe(mail("posted"))
    expect((await ask(sandbox, "DELETE /mailboxes/ada/1")).status).toBe(204)
    expect((await ask(sandbox, "GET /mailboxes/ada/1")).status).toBe(404)
    expect((await ask(sandbox, "GET /mailboxes/nobody")).status).toBe(404)
  })

  it("A3 starts a new generation of a mailbox, or restores a backup of it", async () => {
    const sandbox = await start()
    for (const subject of ["a", "b"]) sandbox.deliver(mail(subject), { to: "ada" })
    const changed = await ask(sandbox, "PATCH /mailboxes/ada", '{"uid_validity":1999999999,"uid_next":2}')
    expect(changed.json).toMatchObject({ uid_validity: 1_999_999_999, uid_next: 2, count: 1 })
    expect((await ask(sandbox, "PATCH /mailboxes/ada", '{"uidnext":2}')).json.error).toBe("unknown field uidnext")
    expect((await ask(sandbox, "PATCH /mailboxes/ada", '{"uid_next":0}')).status).toBe(400)
  })

  it("tells what SMTP accepted, so that duplicates can be counted, and what was said on each connection", async () => {
    const sandbox = await start()
    await send(sandbox, { body: mail("x", "X-Postrider-Id: out_7\r\n") })
    const { json } = await ask(sandbox, "GET /accepted")
    expect(json).toMatchObject({
      counts: { accepted: 1, dots: 1 },
      accepted: [{ postrider_id: "out_7", mail_from: "ada@demo.test", recipients: [{ address: "bob@demo.test" }] }],
    })
    const [session] = (await ask(sandbox, "GET /log")).json.sessions
    expect(session.lines).toContain("C: MAIL FROM:<ada@demo.test>")
    expect((await ask(sandbox, "DELETE /accepted")).json).toMatchObject({ counts: { accepted: 0 }, accepted: [] })
  })

  it("answers 404, 405 and 413 in JSON", async () => {
    const sandbox = await start({ maxMessageBytes: 1000 })
    expect(await ask(sandbox, "GET /nothing")).toMatchObject({ status: 404, json: { error: "no such resource" } })
    expect(await ask(sandbox, "POST /faults")).toMatchObject({ status: 405, json: { error: "method not allowed" } })
    expect((await ask(sandbox, "GET /mailboxes/%ff")).status).toBe(400)
    const tooLarge = await ask(sandbox, "POST /mailboxes/ada", "x".repeat(1001))
    expect(tooLarge).toMatchObject({ status: 413, json: { error: "body larger than 1000 octets" } })
  })
})
