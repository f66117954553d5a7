import type { Fault } from "@postrider/sandbox/fault/fault"
import type { Sandbox } from "@postrider/sandbox/start-sandbox"
import { createTransport } from "nodemailer"
import { describe, expect, it } from "vitest"
import { certificate } from "../../support/certificates.ts"
import { send } from "./clients.ts"
import { mail } from "./mails.ts"
import { openRaw } from "./raw-client.ts"
import { sandboxes } from "./sandboxes.ts"

const start = sandboxes()
const copies = (sandbox: Sandbox) => sandbox.mailbox("bob").messages.length

describe("SMTP faults of the sandbox", () => {
  const refusals: [Fault, object][] = [
    [{ at: "connect", reply: "421 4.7.0 Too many connections" }, { responseCode: 421 }],
    [{ at: "connect", reply: "554 5.3.2 No SMTP service here" }, { responseCode: 554 }],
    [{ at: "ehlo", reply: "421 4.3.0 Later" }, { responseCode: 421 }],
    [
      { at: "mail", reply: "550 5.1.8 Sender refused" },
      { responseCode: 550, command: "MAIL FROM" },
    ],
    [{ at: "rcpt", reply: "451 4.7.1 Try again later" }, { responseCode: 451 }],
    [
      { at: "data", reply: "451 4.3.0 No room" },
      { responseCode: 451, command: "DATA" },
    ],
    [{ at: "body", afterBytes: 5, reply: "421 4.3.0 Going down" }, { responseCode: 421 }],
    [
      { at: "dot", reply: "554 5.7.1 Spam" },
      { responseCode: 554, command: "DATA" },
    ],
  ]
  it.each(refusals)("refuses with its own words, delivers nothing, and only once: %j", async (fault, error) => {
    const sandbox = await start()
    sandbox.faults.set({ smtp: { ...fault, times: 1 } })
    await expect(send(sandbox, { body: mail("x") })).rejects.toMatchObject(error)
    expect(copies(sandbox)).toBe(0)
    expect((await send(sandbox, { body: mail("x") })).response).toMatch(/^250/)
    expect(copies(sandbox)).toBe(1)
  })

  it("I6 a 421 closes the connection at any point", async () => {
    const sandbox = await start()
    sandbox.faults.set({ smtp: { at: "rcpt", reply: "421 4.3.2 Shutting down" } })
    const client = await openRaw(sandbox.ports.smtp)
    await client.line()
    client.send("EHLO c\r\nMAIL FROM:<a@demo.test>\r\nRCPT TO:<b@demo.test>\r\nRCPT TO:<c@demo.test>\r\n")
    expect((await client.until(/^421/)).at(-1)).toBe("421 4.3.2 Shutting down")
    expect(await client.closed()).toBe("")
  })

  it("H5 refuses single recipients while DATA fails afterwards: both answers reach the client", async () => {
    const sandbox = await start()
    sandbox.faults.set({
      smtp: [
        { at: "rcpt", recipient: "*@gone.test", reply: "550 5.1.1 No such user" },
        { at: "dot", reply: "451 4.3.0 Later" },
      ],
    })
    const client = await openRaw(sandbox.ports.smtp)
    await client.line()
    client.send("EHLO c\r\n")
    await client.until(/^250 /)
    await client.ask("MAIL FROM:<a@demo.test>")
    expect(await client.ask("RCPT TO:<x@gone.test>")).toBe("550 5.1.1 No such user")
    expect(await client.ask("RCPT TO:<bob@demo.test>")).toBe("250 2.1.5 Ok")
    await client.ask("DATA")
    client.send("x\r\n.\r\n")
    expect(await client.line()).toBe("451 4.3.0 Later")
    expect(copies(sandbox)).toBe(0)
  })

  it("I3 refuses at RCPT in the words of a server that quotes the MAIL FROM", async () => {
    const sandbox = await start()
    const reply = "553 5.7.1 <{sender}>: Sender address rejected: not owned by user {user}"
    sandbox.faults.set({ smtp: { at: "rcpt", sender: "boss@demo.test", reply } })
    const transport = createTransport({
      host: "127.0.0.1",
      port: sandbox.ports.smtp,
      auth: { user: "ada", pass: "demo" },
    })
    await expect(transport.sendMail({ from: "boss@demo.test", to: "bob@demo.test", text: "x" })).rejects.toMatchObject({
      response: "553 5.7.1 <boss@demo.test>: Sender address rejected: not owned by user ada",
    })
    await transport.sendMail({ from: "ada@demo.test", to: "bob@demo.test", text: "x" })
    expect(copies(sandbox)).toBe(1)
  })

  const drops: [Fault, number][] = [
    [{ at: "connect", drop: true }, 0],
    [{ at: "ehlo", drop: "reset" }, 0],
    [{ at: "mail", drop: true }, 0],
    [{ at: "rcpt", drop: "reset" }, 0],
    [{ at: "data", drop: true }, 0],
    [{ at: "body", drop: true, afterBytes: 10 }, 0],
    [{ at: "dot", drop: true }, 0],
    [{ at: "delivered", drop: true }, 1],
    [{ at: "delivered", drop: "reset" }, 1],
  ]
  it.each(drops)("I2 cuts the connection at %j and has then delivered %i mails", async (fault, delivered) => {
    const sandbox = await start()
    sandbox.faults.set({ smtp: { ...fault, times: 1 } })
    const error: Error & { responseCode?: number } = await send(sandbox, { body: mail("x") }).then(
      () => new Error("was accepted"),
      (failed) => failed,
    )
    expect(error.message).not.toBe("was accepted")
    expect(error.responseCode).toBeUndefined()
    expect(copies(sandbox)).toBe(delivered)
    expect(sandbox.smtp.counts).toMatchObject({ accepted: delivered })
    await send(sandbox, { body: mail("x") })
    expect(copies(sandbox)).toBe(delivered + 1)
  })

  it.each([true, "reset"] as const)("I2 cuts a TLS connection after the delivery as well: %j", async (drop) => {
    const { cert, key } = certificate("server")
    const sandbox = await start({ tls: { cert, key } })
    const tls = { ca: certificate("ca").cert, servername: "localhost" }
    const letter = { from: "ada@demo.test", to: "bob@demo.test", text: "x" }
    for (const options of [
      { port: sandbox.ports.smtp, requireTLS: true },
      { port: sandbox.ports.smtps, secure: true },
    ]) {
      sandbox.faults.set({ smtp: { at: "delivered", drop, times: 1 } })
      const transport = createTransport({ host: "127.0.0.1", ...options, tls, socketTimeout: 3_000 })
      await expect(transport.sendMail(letter)).rejects.not.toHaveProperty("responseCode", expect.any(Number))
    }
    expect(copies(sandbox)).toBe(2)
  })

  it("cuts in the middle of the message, after as many octets as asked", async () => {
    const sandbox = await start()
    sandbox.faults.set({ smtp: { at: "body", drop: true, afterBytes: 100_000 } })
    const client = await openRaw(sandbox.ports.smtp)
    await client.line()
    client.send("EHLO c\r\n")
    await client.until(/^250 /)
    for (const line of ["MAIL FROM:<a@demo.test>", "RCPT TO:<bob@demo.test>", "DATA"]) await client.ask(line)
    client.send(`${"x".repeat(99)}\r\n`.repeat(500))
    await expect.poll(() => sandbox.smtp.counts.data).toBe(1)
    client.send(`${"x".repeat(99)}\r\n`.repeat(5000))
    expect(await client.closed()).toBe("")
    expect(sandbox.smtp.counts.dots).toBe(0)
  })

  it.each([{ at: "connect" }, { at: "mail" }, { at: "dot" }, { at: "delivered" }] satisfies Fault[])(
    "never answers at %j, and ends when the client gives up",
    async (stage) => {
      const sandbox = await start()
      sandbox.faults.set({ smtp: { ...stage, hang: true, times: 1 } })
      const connection = send(sandbox, { body: mail("x"), timeoutMs: 150 })
      await expect(connection).rejects.toMatchObject({ code: "ETIMEDOUT" })
      await expect.poll(() => sandbox.log.sessions[0]?.closedAt).toBeDefined()
      expect(copies(sandbox)).toBe(stage.at === "delivered" ? 1 : 0)
    },
  )

  it("answers late, and delivers nothing when the client has left meanwhile", async () => {
    const sandbox = await start()
    sandbox.faults.set({ smtp: { at: "dot", delayMs: 300, times: 2 } })
    await expect(send(sandbox, { body: mail("x"), timeoutMs: 100 })).rejects.toMatchObject({ code: "ETIMEDOUT" })
    const begun = performance.now()
    await send(sandbox, { body: mail("x") })
    expect(performance.now() - begun).toBeGreaterThanOrEqual(295)
    expect(copies(sandbox)).toBe(1)
  })

  it("drips its answers one octet at a time", async () => {
    const sandbox = await start()
    sandbox.faults.set({ smtp: { at: "connect", dripMs: 2 } })
    const begun = performance.now()
    const client = await openRaw(sandbox.ports.smtp)
    expect(await client.line()).toBe("220 sandbox.demo.test ESMTP Postrider sandbox")
    expect(performance.now() - begun).toBeGreaterThan(60)
  })

  it("greylists each pair of sender and recipient until the time has passed", async () => {
    let now = Date.UTC(2026, 0, 1)
    const sandbox = await start({ now: () => now })
    sandbox.faults.set({ smtp: { at: "rcpt", greylistSeconds: 300 } })
    await expect(send(sandbox)).rejects.toMatchObject({ responseCode: 451 })
    now += 299_000
    await expect(send(sandbox)).rejects.toMatchObject({ responseCode: 451 })
    await expect(send(sandbox, { from: "other@demo.test" })).rejects.toMatchObject({ responseCode: 451 })
    now += 1_000
    await send(sandbox)
    await expect(send(sandbox, { from: "other@demo.test" })).rejects.toMatchObject({ responseCode: 451 })
    expect(copies(sandbox)).toBe(1)
  })

  it("withholds STARTTLS while the fault is in force, and refuses or drops the command itself", async () => {
    const { cert, key } = certificate("server")
    const sandbox = await start({ tls: { cert, key } })
    const tls = { ca: certificate("ca").cert, servername: "localhost" }
    const transport = createTransport({ host: "127.0.0.1", port: sandbox.ports.smtp, requireTLS: true, tls })
    const letter = { from: "ada@demo.test", to: "bob@demo.test", text: "x" }
    sandbox.faults.set({ smtp: { at: "ehlo", withhold: ["STARTTLS"] } })
    await expect(transport.sendMail(letter)).rejects.toMatchObject({ code: "ETLS" })
    sandbox.faults.set({ smtp: { at: "starttls", reply: "454 4.7.0 TLS not available" } })
    await expect(transport.sendMail(letter)).rejects.toMatchObject({ code: "ETLS" })
    sandbox.faults.set({ smtp: { at: "starttls", drop: true } })
    await expect(transport.sendMail(letter)).rejects.toThrow()
    sandbox.faults.clear()
    await transport.sendMail(letter)
    expect(copies(sandbox)).toBe(1)
  })

  it("H2 announces a SIZE and extensions of its own choice", async () => {
    const sandbox = await start()
    sandbox.faults.set({
      smtp: [
        { at: "ehlo", sizeBytes: 1000 },
        { at: "ehlo", announce: ["REQUIRETLS"] },
      ],
    })
    const client = await openRaw(sandbox.ports.smtp)
    await client.line()
    client.send("EHLO c\r\n")
    const lines = await client.until(/^250 /)
    expect(lines).toEqual(expect.arrayContaining(["250-SIZE 1000", "250 REQUIRETLS"]))
  })

  it("refuses AUTH as told, temporarily or for good", async () => {
    const sandbox = await start()
    const transport = createTransport({
      host: "127.0.0.1",
      port: sandbox.ports.smtp,
      auth: { user: "ada", pass: "demo" },
    })
    sandbox.faults.set({ smtp: { at: "auth", reply: "454 4.7.0 Temporary authentication failure", times: 1 } })
    await expect(transport.verify()).rejects.toMatchObject({ code: "EAUTH", responseCode: 454 })
    expect(await transport.verify()).toBe(true)
  })

  it("strikes only for the user, the sender and the recipient that it names", async () => {
    const sandbox = await start()
    sandbox.faults.set({ smtp: { at: "mail", user: "eve", sender: "*@demo.test", reply: "550 5.7.1 Not you" } })
    const by = (user: string) =>
      createTransport({ host: "127.0.0.1", port: sandbox.ports.smtp, auth: { user, pass: "demo" } }).sendMail({
        from: "x@demo.test",
        to: "bob@demo.test",
        text: "x",
      })
    await by("ada")
    await expect(by("eve@demo.test")).rejects.toMatchObject({ responseCode: 550 })
    expect(copies(sandbox)).toBe(1)
  })

  it("lets so many chances pass before it strikes", async () => {
    const sandbox = await start()
    sandbox.faults.set({ smtp: { at: "rcpt", after: 2, reply: "452 4.5.3 Too many recipients" } })
    const { rejected } = await send(sandbox, { to: ["a@demo.test", "b@demo.test", "c@demo.test", "d@demo.test"] })
    expect(rejected).toEqual(["c@demo.test", "d@demo.test"])
  })
})
