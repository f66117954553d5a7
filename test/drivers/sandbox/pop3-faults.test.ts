import type { Fault } from "@postrider/sandbox/fault/fault"
import { describe, expect, it } from "vitest"
import { askMany, openMaildrop } from "./clients.ts"
import { mail } from "./mails.ts"
import { openRaw } from "./raw-client.ts"
import { sandboxes } from "./sandboxes.ts"

const start = sandboxes()
const filled = async (count: number) => {
  const sandbox = await start()
  for (let number = 1; number <= count; number += 1) sandbox.deliver(mail(`m${number}`), { to: "ada" })
  return sandbox
}
const uidlsOf = (rows: string[]) => rows.slice(1).map((row) => row.split(" ")[1])

describe("POP3 faults of the sandbox", () => {
  it("F2 closes before the greeting, or greets with -ERR", async () => {
    const sandbox = await start()
    sandbox.faults.set({ pop3: { at: "connect", drop: true, times: 1 } })
    expect(await (await openRaw(sandbox.ports.pop3)).closed()).toBe("")
    sandbox.faults.set({ pop3: { at: "connect", reply: "-ERR Too many connections", times: 1 } })
    expect(await (await openRaw(sandbox.ports.pop3)).closed()).toBe("-ERR Too many connections\r\n")
    expect(await (await openMaildrop(sandbox)).ask("NOOP")).toBe("+OK")
  })

  it.each(["[IN-USE] Maildrop is locked", "[SYS/TEMP] Try later", "[LOGIN-DELAY] Minimum time between logins"])(
    "D5 answers a right password with -ERR %s, once",
    async (text) => {
      const sandbox = await start()
      sandbox.faults.set({ pop3: { at: "login", reply: `-ERR ${text}`, times: 1 } })
      await expect(openMaildrop(sandbox)).rejects.toThrow(`-ERR ${text}`)
      await openMaildrop(sandbox)
    },
  )

  it("D5 lets PASS wait, and announces a LOGIN-DELAY", async () => {
    const sandbox = await start()
    sandbox.faults.set({
      pop3: [
        { at: "login", delayMs: 120 },
        { at: "capa", announce: ["LOGIN-DELAY 10"] },
      ],
    })
    const begun = performance.now()
    const client = await openMaildrop(sandbox)
    expect(performance.now() - begun).toBeGreaterThanOrEqual(115)
    expect(await askMany(client, "CAPA")).toContain("LOGIN-DELAY 10")
  })

  it("D4 has no UIDL: not in CAPA and refused, or offered and refused", async () => {
    const sandbox = await filled(1)
    sandbox.faults.set({ pop3: { at: "capa", withhold: ["UIDL", "TOP"] } })
    const client = await openMaildrop(sandbox)
    const capabilities = await askMany(client, "CAPA")
    for (const missing of ["UIDL", "TOP"]) expect(capabilities).not.toContain(missing)
    expect(await client.ask("UIDL")).toBe("-ERR Unknown command")
    expect(await client.ask("TOP 1 0")).toBe("-ERR Unknown command")
    sandbox.faults.set({ pop3: { at: "uidl", reply: "-ERR not implemented" } })
    expect(await askMany(client, "CAPA")).toContain("UIDL")
    expect(await client.ask("UIDL")).toBe("-ERR not implemented")
  })

  it("D2 lists one UIDL for two mails", async () => {
    const sandbox = await filled(3)
    sandbox.faults.set({ pop3: { at: "uidl", sameFor: 2 } })
    const [first, second, third] = uidlsOf(await askMany(await openMaildrop(sandbox), "UIDL"))
    expect(first).toBe(second)
    expect(third).not.toBe(first)
  })

  it("D2 gives a new mail the UIDL of a deleted one", async () => {
    const sandbox = await filled(2)
    sandbox.faults.set({ pop3: { at: "uidl", reuse: true } })
    const client = await openMaildrop(sandbox)
    const [deleted, kept] = uidlsOf(await askMany(client, "UIDL"))
    await client.ask("DELE 1")
    await client.ask("QUIT")
    sandbox.deliver(mail("new"), { to: "ada" })
    expect(uidlsOf(await askMany(await openMaildrop(sandbox), "UIDL"))).toEqual([kept, deleted])
  })

  it("A4 changes every UIDL at once while the mails stay", async () => {
    const sandbox = await filled(3)
    const before = uidlsOf(await askMany(await openMaildrop(sandbox), "UIDL"))
    sandbox.faults.set({ pop3: { at: "uidl", prefix: "n." } })
    const after = uidlsOf(await askMany(await openMaildrop(sandbox), "UIDL"))
    expect(after).toEqual(before.map((uidl) => `n.${uidl}`))
  })

  it("D1 numbers messages from the newest to the oldest", async () => {
    const sandbox = await filled(2)
    sandbox.faults.set({ pop3: { at: "login", reversed: true } })
    expect(await askMany(await openMaildrop(sandbox), "RETR 1")).toContain("Subject: m2")
  })

  it("B6 lies about sizes in LIST", async () => {
    const sandbox = await filled(2)
    sandbox.faults.set({ pop3: { at: "list", sizeSays: 7 } })
    expect(await askMany(await openMaildrop(sandbox), "LIST")).toEqual(["+OK 2 messages", "1 7", "2 7"])
  })

  it("cuts the connection in the middle of a mail, after as many octets as asked", async () => {
    const sandbox = await filled(1)
    sandbox.faults.set({ pop3: { at: "retr", afterBytes: 30, times: 1 } })
    const client = await openMaildrop(sandbox)
    const head = await client.ask("RETR 1")
    const rest = await client.closed()
    expect(head).toBe(`+OK ${mail("m1").length} octets`)
    expect(rest).toBe(mail("m1").slice(0, 30))
  })

  const sizes: [Fault, number][] = [
    [{ at: "retr", shortBy: 10 }, -10],
    [{ at: "retr", longBy: 5_000 }, 5_000],
  ]
  it.each(sizes)("B6 sends a mail that is not as long as LIST says: %j", async (fault, difference) => {
    const sandbox = await filled(1)
    sandbox.faults.set({ pop3: fault })
    const client = await openMaildrop(sandbox)
    expect(await client.ask("LIST 1")).toBe(`+OK 1 ${mail("m1").length}`)
    const text = (await askMany(client, "RETR 1"))
      .slice(1)
      .map((line) => `${line}\r\n`)
      .join("")
    expect(Math.abs(text.length - mail("m1").length - difference)).toBeLessThanOrEqual(2)
  })

  it("B6 sends a mail that never ends, no faster than the client takes it, until the client leaves", async () => {
    const sandbox = await filled(1)
    sandbox.faults.set({ pop3: { at: "retr", endless: true } })
    const client = await openMaildrop(sandbox)
    client.send("RETR 1\r\n")
    for (let count = 0; count < 100_000; count += 1) await client.line()
    client.close()
    await expect.poll(() => sandbox.log.sessions[0]?.closedAt).toBeDefined()
  })

  it("B4 removes a mail between the listing and RETR", async () => {
    const sandbox = await filled(2)
    sandbox.faults.set({ pop3: { at: "retr", uids: [1], expunge: true } })
    const client = await openMaildrop(sandbox)
    expect(await client.ask("RETR 1")).toBe("-ERR Message is gone")
    expect(await askMany(client, "RETR 2")).toContain("Subject: m2")
    expect(sandbox.mailbox("ada").messages).toHaveLength(1)
  })

  it("D3 answers QUIT before removing, not at all after it, or with an error", async () => {
    const sandbox = await filled(3)
    const deleteOne = async () => {
      const client = await openMaildrop(sandbox)
      await client.ask("DELE 1")
      client.send("QUIT\r\n")
      return client.closed()
    }
    sandbox.faults.set({ pop3: { at: "quit", drop: true } })
    expect(await deleteOne()).toBe("")
    expect(sandbox.mailbox("ada").messages).toHaveLength(3)
    sandbox.faults.set({ pop3: { at: "committed", drop: true } })
    expect(await deleteOne()).toBe("")
    expect(sandbox.mailbox("ada").messages).toHaveLength(2)
    sandbox.faults.set({ pop3: { at: "quit", reply: "-ERR Some messages not removed" } })
    expect(await deleteOne()).toBe("-ERR Some messages not removed\r\n")
    expect(sandbox.mailbox("ada").messages).toHaveLength(2)
  })
})
