import { startSandbox } from "@postrider/sandbox/start-sandbox"
import { describe, expect, it } from "vitest"
import { mail } from "./mails.ts"
import { openRaw } from "./raw-client.ts"
import { sandboxes } from "./sandboxes.ts"

const start = sandboxes()

describe("hostile clients of the sandbox", () => {
  it.each([
    ["smtp", 17_000, "500 5.5.2 Line too long"],
    ["pop3", 17_000, "-ERR Line too long"],
    ["imap", 1_100_000, "* BYE Line too long"],
  ] as const)("%s ends a session whose line is longer than %i octets", async (protocol, length, answer) => {
    const sandbox = await start()
    const client = await openRaw(sandbox.ports[protocol])
    await client.line()
    client.send("x".repeat(length))
    expect(await client.line()).toBe(answer)
    client.close()
  })

  it("IMAP refuses literals over its limits, without reading them", async () => {
    const sandbox = await start({ maxMessageBytes: 1000 })
    const client = await openRaw(sandbox.ports.imap)
    await client.line()
    expect(await client.ask("a LOGIN {70000}")).toBe("a BAD [TOOBIG] Literal too large")
    await client.ask("b LOGIN ada demo")
    expect(await client.ask("c APPEND INBOX {1001}")).toBe("c BAD [TOOBIG] Literal too large")
    expect(await client.ask("d APPEND INBOX {9999999999+}")).toBe("* BYE [TOOBIG] Literal too large")
    expect(await client.closed()).toBe("")
  })

  it.each([
    ["nested too deep", `SEARCH ${"(".repeat(50)}ALL${")".repeat(50)}`],
    ["too many search keys", `SEARCH ${"NOT ".repeat(5000)}ALL`],
    ["no list end", "FETCH 1 (UID"],
    ["no quote end", 'LOGIN "ada'],
    ["a bad set", "FETCH 1:2:3 (UID)"],
    ["an unknown item", "FETCH 1 (BODY[1.2.3.X])"],
    ["a wildcard bomb", `LIST "" "${"*a".repeat(400)}"`],
    ["a bad date", 'APPEND INBOX "99-Foo-2020 00:00:00 +0000" {1+}\r\nx'],
    ["no argument", "STORE"],
    ["an unknown command", "constructor x"],
    ["a name of Object.prototype", "__proto__"],
  ])("IMAP answers %s with BAD and goes on", async (_, command) => {
    const sandbox = await start()
    sandbox.deliver(mail("x"), { to: "ada" })
    const client = await openRaw(sandbox.ports.imap)
    await client.line()
    await client.ask("a LOGIN ada demo")
    client.send("b SELECT INBOX\r\n")
    await client.until(/^b /)
    client.send(`c ${command}\r\nd NOOP\r\n`)
    const lines = await client.until(/^d /)
    expect(lines.at(-2)).toMatch(/^[c*] BAD /)
    expect(lines.at(-1)).toBe("d OK Completed")
  })

  it("matches patterns of any shape in time that does not explode", async () => {
    const sandbox = await start()
    sandbox.mailbox("ada", "a".repeat(400))
    sandbox.faults.set({ smtp: { at: "rcpt", recipient: `${"*a".repeat(150)}b`, reply: "550 5.1.1 No" } })
    const client = await openRaw(sandbox.ports.imap)
    await client.line()
    await client.ask("a LOGIN ada demo")
    expect(await client.ask(`b LIST "" "${"*a".repeat(245)}b"`)).toBe("b OK List completed")
    const smtp = await openRaw(sandbox.ports.smtp)
    await smtp.line()
    smtp.send("HELO c\r\nMAIL FROM:<>\r\n")
    await smtp.until(/Ok$/)
    expect(await smtp.ask(`RCPT TO:<${"a".repeat(60)}@${"a".repeat(150)}.test>`)).toBe("250 2.1.5 Ok")
  })

  it("SMTP takes any order of commands without harm", async () => {
    const sandbox = await start()
    const client = await openRaw(sandbox.ports.smtp)
    await client.line()
    const script: [string, string][] = [
      ["DATA", "503"],
      ["RCPT TO:<a@demo.test>", "503"],
      ["MAIL FROM:<a@demo.test>", "503"],
      ["EHLO", "501"],
      ["HELO c", "250"],
      ["MAIL FROM:a@demo.test", "501"],
      ["MAIL FROM:<a>", "501"],
      [`MAIL FROM:<${"a".repeat(65)}@demo.test>`, "501"],
      ["MAIL FROM:<a@demo.test> SIZE=1", "555"],
      ["MAIL FROM:<a@demo.test>", "250"],
      ["MAIL FROM:<a@demo.test>", "503"],
      ["DATA", "554"],
      ["RCPT TO:<>", "501"],
      ["RSET", "250"],
      ["AUTH FOO", "504"],
      ["toString", "500"],
      ["", "500"],
      ["QUIT", "221"],
    ]
    for (const [line, code] of script) expect([line, (await client.ask(line)).slice(0, 3)]).toEqual([line, code])
    expect(await client.closed()).toBe("")
  })

  it("closes a connection that stays silent", async () => {
    const sandbox = await start({ idleTimeoutMs: 50 })
    for (const port of [sandbox.ports.smtp, sandbox.ports.imap, sandbox.ports.pop3]) {
      const client = await openRaw(port)
      await client.line()
      expect(await client.closed()).toBe("")
    }
  })

  it("stops at once with clients connected, frees its ports, and says so when a port is taken", async () => {
    const sandbox = await startSandbox()
    const clients = await Promise.all([sandbox.ports.smtp, sandbox.ports.imap, sandbox.ports.pop3].map(openRaw))
    await expect(startSandbox({ ports: { imap: sandbox.ports.imap } })).rejects.toMatchObject({ code: "EADDRINUSE" })
    await sandbox.stop()
    await Promise.all(clients.map((client) => client.closed()))
    const again = await startSandbox({ ports: sandbox.ports })
    await again.stop()
    await expect(startSandbox({ ports: { imaps: 0 } })).rejects.toThrow("ports.imaps needs tls")
  })

  it("keeps its log within bounds", async () => {
    const sandbox = await start()
    for (let count = 0; count < 205; count += 1) {
      const short = await openRaw(sandbox.ports.pop3)
      await short.line()
      short.close()
    }
    const client = await openRaw(sandbox.ports.pop3)
    await client.line()
    client.send(`${"y".repeat(2000)}\r\n`.repeat(1500))
    for (let count = 0; count < 1500; count += 1) await client.line()
    const last = sandbox.log.sessions.at(-1)
    expect(sandbox.log.sessions).toHaveLength(200)
    expect([last?.lines.length, last?.omitted]).toEqual([1000, 3001 - 1000])
    expect(Math.max(...(last?.lines ?? []).map((line) => line.length))).toBeLessThan(510)
  })
})
