import type { Sandbox } from "@postrider/sandbox/start-sandbox"
import { createTransport } from "nodemailer"
import { describe, expect, it } from "vitest"
import { certificate } from "../../support/certificates.ts"
import { send } from "./clients.ts"
import { mail } from "./mails.ts"
import { openRaw } from "./raw-client.ts"
import { sandboxes } from "./sandboxes.ts"

const start = sandboxes()
const hello = async (sandbox: Sandbox) => {
  const client = await openRaw(sandbox.ports.smtp)
  await client.line()
  client.send("EHLO client.test\r\n")
  const extensions = (await client.until(/^250 /)).map((line) => line.slice(4))
  return { client, extensions }
}

describe("SMTP of the sandbox", () => {
  it("delivers to each recipient with Return-Path, Delivered-To and Received above the mail as it was sent", async () => {
    const sandbox = await start()
    await send(sandbox, { to: ["bob@demo.test", "cy@demo.test"], body: mail("one") })
    const [bob] = sandbox.mailbox("bob").messages
    const [cy] = sandbox.mailbox("cy").messages
    expect(bob?.content.bytes().toString()).toMatch(
      /^Return-Path: <ada@demo\.test>\r\nDelivered-To: bob@demo\.test\r\nReceived: from .*\r\n\tby .*\r\n\tfor <bob@demo\.test>; .*\r\nFrom: ada/,
    )
    expect(bob?.content.bytes().toString().endsWith(mail("one"))).toBe(true)
    expect(cy?.content.bytes().toString()).toContain("Delivered-To: cy@demo.test\r\n")
  })

  it("takes out stuffed dots and keeps every octet, however the data is cut into packets", async () => {
    const sandbox = await start()
    const body = "A: b\r\n\r\n.\u00e9\r\n..two\r\n...\r\n.\r\nx\r\n.y\r\n"
    const wire = Buffer.from(`${body.replace(/^\./gm, "..")}.\r\nNOOP\r\n`, "latin1")
    for (const size of [1, 2, 3, 5, wire.length]) {
      const { client } = await hello(sandbox)
      await client.ask("MAIL FROM:<ada@demo.test>")
      await client.ask("RCPT TO:<bob@demo.test>")
      await client.ask("DATA")
      for (let at = 0; at < wire.length; at += size) {
        client.send(wire.subarray(at, at + size))
        await new Promise(setImmediate)
      }
      expect(await client.line()).toMatch(/^250 2\.0\.0 Ok: queued as /)
      expect(await client.line()).toBe("250 2.0.0 Ok")
      client.close()
    }
    const received = sandbox.mailbox("bob").messages.map((message) => message.content.bytes().toString("latin1"))
    expect(received.map((text) => text.slice(text.indexOf("A: b")))).toEqual(Array(5).fill(body))
  })

  it("does not end the data at a dot between bare line feeds, so nothing is smuggled", async () => {
    const sandbox = await start()
    await send(sandbox, { body: "Subject: x\r\n\r\none\r\n" })
    const { client } = await hello(sandbox)
    await client.ask("MAIL FROM:<ada@demo.test>")
    await client.ask("RCPT TO:<bob@demo.test>")
    await client.ask("DATA")
    client.send("Subject: y\r\n\r\nx\n.\nMAIL FROM:<evil@demo.test>\r\n.\r\n")
    expect(await client.line()).toMatch(/^250/)
    expect(sandbox.smtp.accepted).toHaveLength(2)
    expect(sandbox.mailbox("bob").messages[1]?.content.bytes().toString()).toContain("\n.\nMAIL FROM:<evil@")
  })

  it("H1 offers SIZE, 8BITMIME, SMTPUTF8, PIPELINING, ENHANCEDSTATUSCODES and DSN, each of which can be withheld", async () => {
    const all = ["PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "DSN", "SIZE"]
    const names = async (sandbox: Sandbox) => (await hello(sandbox)).extensions.map((line) => line.split(" ")[0])
    expect(await names(await start())).toEqual(["sandbox.demo.test", ...all, "AUTH"])
    for (const withheld of all) {
      const sandbox = await start({ withhold: { smtp: [withheld] } })
      expect(await names(sandbox)).toEqual(["sandbox.demo.test", ...all.filter((name) => name !== withheld), "AUTH"])
    }
  })

  it("refuses the parameters of an extension that it does not offer, and the mail that needs one", async () => {
    const sandbox = await start({ withhold: { smtp: ["DSN", "8BITMIME", "SMTPUTF8"] } })
    const { client } = await hello(sandbox)
    expect(await client.ask("MAIL FROM:<a@demo.test> RET=HDRS")).toBe("555 5.5.4 Unsupported parameter RET")
    expect(await client.ask("MAIL FROM:<a@demo.test> BODY=8BITMIME")).toBe("555 5.5.4 Unsupported parameter BODY")
    expect(await client.ask("MAIL FROM:<a@demo.test>")).toBe("250 2.1.0 Ok")
    expect(await client.ask("RCPT TO:<j\u00f6rg@demo.test>")).toBe("553 5.6.7 Address needs SMTPUTF8")
  })

  it("records every accepted mail with its envelope, DSN parameters, Message-ID and X-Postrider-Id", async () => {
    const sandbox = await start()
    const { client } = await hello(sandbox)
    await client.ask("MAIL FROM:<> RET=HDRS ENVID=out_1 BODY=8BITMIME")
    await client.ask("RCPT TO:<bob+tag@demo.test> NOTIFY=SUCCESS ORCPT=rfc822;bob@demo.test")
    await client.ask("DATA")
    client.send(`${mail("dsn", "X-Postrider-Id: out_1\r\n")}.\r\n`)
    await client.line()
    expect(sandbox.smtp.accepted).toMatchObject([
      {
        mailFrom: "",
        mailParameters: { RET: "HDRS", ENVID: "out_1", BODY: "8BITMIME" },
        recipients: [{ address: "bob+tag@demo.test", mailbox: "bob", parameters: { NOTIFY: "SUCCESS" } }],
        messageId: "<dsn@demo.test>",
        postriderId: "out_1",
        size: mail("dsn", "X-Postrider-Id: out_1\r\n").length,
      },
    ])
    expect(sandbox.smtp.counts).toEqual({ connections: 1, mail: 1, data: 1, dots: 1, accepted: 1 })
  })

  it("refuses a mail over its limit at MAIL when SIZE says so, and after the dot when it does not", async () => {
    const sandbox = await start({ maxMessageBytes: 1000 })
    const { client, extensions } = await hello(sandbox)
    expect(extensions).toContain("SIZE 1000")
    expect(await client.ask("MAIL FROM:<a@demo.test> SIZE=1001")).toBe("552 5.3.4 Message too big")
    await client.ask("MAIL FROM:<a@demo.test>")
    await client.ask("RCPT TO:<bob@demo.test>")
    await client.ask("DATA")
    client.send(`${"x".repeat(500)}\r\n${"x".repeat(500)}\r\n.\r\n`)
    expect(await client.line()).toBe("552 5.3.4 Message too big")
    expect(sandbox.mailbox("bob").messages).toEqual([])
  })

  it("signs in with PLAIN, LOGIN and XOAUTH2, with and without initial response, and tells a wrong secret apart", async () => {
    const sandbox = await start({
      users: { ada: { password: "s3", accessToken: "t0ken" } },
      smtp: { auth: "required" },
    })
    const code = (text: string) => Buffer.from(text).toString("base64")
    const plain = code("\0ada\0s3")
    const token = code("user=ada\u0001auth=Bearer t0ken\u0001\u0001")
    const dialogues: [string[], RegExp][] = [
      [[`AUTH PLAIN ${plain}`], /^235/],
      [["AUTH PLAIN", plain], /^235/],
      [["AUTH LOGIN", code("ada"), code("s3")], /^235/],
      [[`AUTH XOAUTH2 ${token}`], /^235/],
      [[`AUTH PLAIN ${code("\0ada\0wrong")}`], /^535 5\.7\.8/],
      [[`AUTH XOAUTH2 ${code("user=ada\u0001auth=Bearer old\u0001\u0001")}`, ""], /^535 5\.7\.8/],
      [["AUTH PLAIN", "*"], /^501/],
      [["MAIL FROM:<ada@demo.test>"], /^530 5\.7\.0/],
    ]
    for (const [lines, last] of dialogues) {
      const { client } = await hello(sandbox)
      let answer = ""
      for (const line of lines) answer = await client.ask(line)
      expect(answer).toMatch(last)
      client.close()
    }
    const said = JSON.stringify(sandbox.log.sessions)
    for (const secret of [plain, token, code("s3"), "t0ken"]) expect(said).not.toContain(secret)
  })

  it("takes mail over STARTTLS and over its TLS port, and the submission port demands AUTH", async () => {
    const { cert, key } = certificate("server")
    const sandbox = await start({ tls: { cert, key }, ports: { submission: 0 } })
    const tls = { ca: certificate("ca").cert, servername: "localhost" }
    const auth = { user: "ada", pass: "demo" }
    const letter = { from: "ada@demo.test", to: "bob@demo.test", text: "x" }
    const { smtp, smtps, submission } = sandbox.ports
    await createTransport({ host: "127.0.0.1", port: smtp, requireTLS: true, tls }).sendMail(letter)
    await createTransport({ host: "127.0.0.1", port: smtps, secure: true, tls, auth }).sendMail(letter)
    const anonymous = createTransport({ host: "127.0.0.1", port: submission, requireTLS: true, tls })
    await expect(anonymous.sendMail(letter)).rejects.toMatchObject({ responseCode: 530 })
    const received = sandbox.mailbox("bob").messages.map((message) => message.content.bytes().toString())
    expect(received.map((text) => /with (\w+) id/.exec(text)?.[1])).toEqual(["ESMTPS", "ESMTPSA"])
  })

  it("N2 drops what a client sent in clear text behind STARTTLS", async () => {
    const { cert, key } = certificate("server")
    const sandbox = await start({ tls: { cert, key } })
    const { client } = await hello(sandbox)
    client.send("STARTTLS\r\nMAIL FROM:<injected@demo.test>\r\n")
    expect(await client.line()).toBe("220 2.0.0 Ready to start TLS")
    await client.startTls({ ca: certificate("ca").cert }).catch(() => undefined)
    expect(sandbox.smtp.counts.mail).toBe(0)
    client.close()
  })

  it("answers 550 5.1.1 for unknown recipients of configured users, and makes the mailbox when open", async () => {
    const users = { ada: { password: "x", addresses: ["ada@postfix.test"] } }
    const closed = await start({ users })
    const refused = await send(closed, { to: ["ada@postfix.test", "nobody@postfix.test"] })
    expect(refused.rejected).toEqual(["nobody@postfix.test"])
    expect(closed.mailbox("ada").messages).toHaveLength(1)
    const open = await start({ users, open: true })
    await send(open, { to: ["new@elsewhere.test"] })
    expect(open.users.names()).toContain("new@elsewhere.test")
  })

  it("H4 answers 452 4.5.3 above its recipients per transaction and takes the rest", async () => {
    const sandbox = await start({ smtp: { maxRecipients: 2 } })
    const { rejected } = await send(sandbox, { to: ["a@demo.test", "b@demo.test", "c@demo.test"] })
    expect(rejected).toEqual(["c@demo.test"])
    expect(sandbox.smtp.accepted[0]?.recipients).toHaveLength(2)
  })

  it("I2 files a copy into Sent when it is a provider that does", async () => {
    const sandbox = await start({ smtp: { saveSent: true } })
    const auth = { user: "ada", pass: "demo" }
    const transport = createTransport({ host: "127.0.0.1", port: sandbox.ports.smtp, auth })
    await transport.sendMail({ from: "ada@demo.test", to: "bob@demo.test", text: "x", messageId: "<one@demo.test>" })
    const [copy] = sandbox.mailbox("ada", "Sent").messages
    expect(copy?.content.bytes().toString()).toContain("Message-ID: <one@demo.test>")
    expect(copy?.content.bytes().toString()).not.toContain("Return-Path")
  })
})
