import { describe, expect, it } from "vitest"
import { certificate } from "../../support/certificates.ts"
import { askMany, openMaildrop } from "./clients.ts"
import { mail } from "./mails.ts"
import { openRaw } from "./raw-client.ts"
import { sandboxes } from "./sandboxes.ts"

const start = sandboxes()

describe("POP3 of the sandbox", () => {
  it("lists, shows and removes what is in the INBOX, the removal only with QUIT", async () => {
    const sandbox = await start()
    for (const subject of ["one", "two"]) sandbox.deliver(mail(subject), { to: "ada" })
    const client = await openMaildrop(sandbox)
    const size = mail("one").length
    expect(await client.ask("STAT")).toBe(`+OK 2 ${2 * size}`)
    expect(await askMany(client, "LIST")).toEqual(["+OK 2 messages", `1 ${size}`, `2 ${size}`])
    expect(await client.ask("LIST 2")).toBe(`+OK 2 ${size}`)
    expect((await askMany(client, "RETR 1")).slice(1).join("\r\n")).toBe(mail("one").slice(0, -2))
    expect((await askMany(client, "TOP 2 0")).slice(1)).toEqual(mail("two").split("\r\n").slice(0, 5))
    expect(await client.ask("DELE 1")).toBe("+OK Marked")
    expect(await client.ask("DELE 1")).toBe("-ERR No such message")
    expect(await askMany(client, "LIST")).toEqual(["+OK 1 messages", `2 ${size}`])
    expect(sandbox.mailbox("ada").messages).toHaveLength(2)
    expect(await client.ask("QUIT")).toBe("+OK Bye")
    expect(sandbox.mailbox("ada").messages.map((message) => message.uid)).toEqual([2])
  })

  it("D3 removes nothing without QUIT, or after RSET", async () => {
    const sandbox = await start()
    sandbox.deliver(mail("one"), { to: "ada" })
    const cut = await openMaildrop(sandbox)
    await cut.ask("DELE 1")
    cut.close()
    const reset = await openMaildrop(sandbox)
    await reset.ask("DELE 1")
    await reset.ask("RSET")
    await reset.ask("QUIT")
    expect(sandbox.mailbox("ada").messages).toHaveLength(1)
  })

  it("gives each message a UIDL that it keeps, and other ones to a new UIDVALIDITY", async () => {
    const sandbox = await start()
    for (const subject of ["one", "two"]) sandbox.deliver(mail(subject), { to: "ada" })
    const uidls = async () => (await askMany(await openMaildrop(sandbox), "UIDL")).slice(1)
    const first = await uidls()
    expect(new Set(first.map((row) => row.split(" ")[1])).size).toBe(2)
    expect(await uidls()).toEqual(first)
    sandbox.mailbox("ada").setUidValidity(1_999_999_999)
    expect(await uidls()).not.toContain(first[0])
  })

  it("shows the maildrop as it was at login", async () => {
    const sandbox = await start()
    sandbox.deliver(mail("one"), { to: "ada" })
    const client = await openMaildrop(sandbox)
    sandbox.deliver(mail("two"), { to: "ada" })
    expect(await client.ask("STAT")).toMatch(/^\+OK 1 /)
  })

  it("stuffs dots and ends each answer with a line of its own", async () => {
    const sandbox = await start()
    const body = ".first\r\n..\r\n.\r\nlast without end"
    sandbox.deliver(body, { to: "ada" })
    const client = await openMaildrop(sandbox)
    client.send("RETR 1\r\n")
    const lines = await client.until(/^\.$/)
    expect(lines.slice(1)).toEqual(["..first", "...", "..", "last without end", "."])
  })

  it("signs in with USER and PASS, AUTH PLAIN and XOAUTH2, and says [AUTH] to a wrong secret", async () => {
    const sandbox = await start({ users: { ada: { password: "s3", accessToken: "t0ken" } } })
    const code = (text: string) => Buffer.from(text).toString("base64")
    const dialogues: [string[], RegExp][] = [
      [["USER ada", "PASS s3"], /^\+OK 0 messages/],
      [["USER ada", "PASS wrong"], /^-ERR \[AUTH\]/],
      [[`AUTH PLAIN ${code("\0ada\0s3")}`], /^\+OK/],
      [["AUTH PLAIN", code("\0ada\0s3")], /^\+OK/],
      [[`AUTH XOAUTH2 ${code("user=ada\u0001auth=Bearer t0ken\u0001\u0001")}`], /^\+OK/],
      [[`AUTH XOAUTH2 ${code("user=ada\u0001auth=Bearer old\u0001\u0001")}`, ""], /^-ERR \[AUTH\]/],
      [["STAT"], /^-ERR Sign in first/],
    ]
    for (const [lines, last] of dialogues) {
      const client = await openRaw(sandbox.ports.pop3)
      await client.line()
      let answer = ""
      for (const line of lines) answer = await client.ask(line)
      expect(answer).toMatch(last)
      client.close()
    }
    expect(JSON.stringify(sandbox.log.sessions)).not.toMatch(/s3|t0ken|wrong/)
  })

  it("changes to TLS with STLS and offers it no more, and answers on its TLS port", async () => {
    const { cert, key } = certificate("server")
    const sandbox = await start({ tls: { cert, key } })
    const client = await openRaw(sandbox.ports.pop3)
    await client.line()
    expect(await askMany(client, "CAPA")).toEqual(expect.arrayContaining(["STLS", "UIDL", "TOP", "RESP-CODES", "USER"]))
    expect(await client.ask("STLS")).toBe("+OK Begin TLS")
    await client.startTls({ ca: certificate("ca").cert })
    expect(await askMany(client, "CAPA")).not.toContain("STLS")
    expect(sandbox.log.sessions[0]?.secure).toBe(true)
    expect(sandbox.ports.pop3s).toBeGreaterThan(0)
  })

  it("sends a mail of 20 MB complete", async () => {
    const sandbox = await start()
    const line = `${"x".repeat(98)}\r\n`
    sandbox.deliver(`A: b\r\n\r\n${line.repeat(200_000)}`, { to: "ada" })
    const client = await openMaildrop(sandbox)
    client.send("RETR 1\r\n")
    const lines = await client.until(/^\.$/)
    expect(lines).toHaveLength(200_000 + 4)
  })
})
