import type { Fault } from "@postrider/sandbox/fault/fault"
import { describe, expect, it } from "vitest"
import { createImap, openInbox } from "./clients.ts"
import { mail } from "./mails.ts"
import { openRaw } from "./raw-client.ts"
import { sandboxes } from "./sandboxes.ts"

const start = sandboxes()
const filled = async (count: number) => {
  const sandbox = await start()
  for (let number = 1; number <= count; number += 1) sandbox.deliver(mail(`m${number}`), { to: "ada" })
  return sandbox
}
const bodies = async (client: Awaited<ReturnType<typeof openInbox>>, range = "1:*") => {
  const rows = await client.fetchAll(range, { source: true }, { uid: true })
  return rows.map(({ uid, source }) => [uid, source?.toString()])
}

describe("IMAP faults of the sandbox", () => {
  it("F2 closes before the greeting, or greets with BYE", async () => {
    const sandbox = await start()
    sandbox.faults.set({ imap: { at: "connect", drop: true, times: 1 } })
    expect(await (await openRaw(sandbox.ports.imap)).closed()).toBe("")
    sandbox.faults.set({ imap: { at: "connect", reply: "BYE Too many connections", times: 1 } })
    expect(await (await openRaw(sandbox.ports.imap)).closed()).toBe("* BYE Too many connections\r\n")
    await (await openInbox(sandbox)).logout()
  })

  it.each(["LIMIT", "UNAVAILABLE", "INUSE"])("F2 answers a right password with NO [%s], once", async (code) => {
    const sandbox = await start()
    sandbox.faults.set({ imap: { at: "login", reply: `NO [${code}] Not now`, times: 1 } })
    await expect(createImap(sandbox).connect()).rejects.toMatchObject({ serverResponseCode: code })
    await (await openInbox(sandbox)).logout()
  })

  it("refuses a wrong password with [AUTHENTICATIONFAILED] without any fault", async () => {
    const sandbox = await start()
    const client = createImap(sandbox, { auth: { user: "ada", pass: "wrong" } })
    await expect(client.connect()).rejects.toMatchObject({ serverResponseCode: "AUTHENTICATIONFAILED" })
  })

  const claims: [Fault, object, string[]][] = [
    [{ at: "select", uidNext: "absent" }, { exists: 2 }, ["uidNext"]],
    [{ at: "select", uidNext: 1 }, { uidNext: 1 }, []],
    [{ at: "select", uidValidity: "absent" }, { exists: 2 }, ["uidValidity"]],
    [{ at: "select", uidValidity: 0 }, { uidValidity: 0n }, []],
    [{ at: "select", uidValidity: 77 }, { uidValidity: 77n }, []],
    [{ at: "select", readOnly: true }, { readOnly: true }, []],
  ]
  it.each(claims)("A3 B2 tells at SELECT what it is told to: %j", async (fault, told, missing) => {
    const sandbox = await filled(2)
    sandbox.faults.set({ imap: fault })
    const { mailbox } = await openInbox(sandbox)
    expect(mailbox).toMatchObject(told)
    for (const name of missing) expect(mailbox).not.toHaveProperty(name)
  })

  it("B1 refuses to change a mailbox that it opened [READ-ONLY]", async () => {
    const sandbox = await filled(1)
    sandbox.faults.set({ imap: { at: "select", readOnly: true } })
    const client = await openRaw(sandbox.ports.imap)
    await client.line()
    await client.ask("a LOGIN ada demo")
    client.send("b SELECT INBOX\r\n")
    expect((await client.until(/^b /)).at(-1)).toBe("b OK [READ-ONLY] Opened")
    expect(await client.ask("c UID STORE 1 +FLAGS (\\Seen)")).toBe("c NO [READ-ONLY] Mailbox is read-only")
  })

  it("A3 restores a backup: the mails above are gone and their UIDs are given again", async () => {
    const sandbox = await filled(4)
    const box = sandbox.mailbox("ada")
    const { uidValidity } = box
    box.rewind(3)
    sandbox.deliver(mail("again"), { to: "ada" })
    const client = await openInbox(sandbox)
    expect(client.mailbox).toMatchObject({ uidNext: 4, uidValidity: BigInt(uidValidity), exists: 3 })
    expect((await bodies(client)).at(-1)).toEqual([3, mail("again")])
  })

  it("B4 leaves named mails, or every nth, out of fetches of bodies, so many times, and lists them all", async () => {
    const sandbox = await filled(6)
    const client = await openInbox(sandbox)
    const uids = async () => (await bodies(client)).map(([uid]) => uid)
    sandbox.faults.set({ imap: { at: "fetch", omit: "bodies", uids: [2, 5], times: 1 } })
    expect(await client.fetchAll("1:*", { uid: true, size: true }, { uid: true })).toHaveLength(6)
    expect(await uids()).toEqual([1, 3, 4, 6])
    expect(await uids()).toEqual([1, 2, 3, 4, 5, 6])
    sandbox.faults.set({ imap: { at: "fetch", omit: "bodies", every: 3 } })
    expect(await uids()).toEqual([1, 2, 4, 5])
    expect((await bodies(client, "3")).map(([uid]) => uid)).toEqual([3])
  })

  it("B3 hides a mail from every listing until it becomes visible late", async () => {
    const sandbox = await filled(3)
    sandbox.faults.set({
      imap: [
        { at: "fetch", omit: "rows", uids: [2] },
        { at: "search", omit: "rows", uids: [2] },
      ],
    })
    const client = await openInbox(sandbox)
    const listed = async () => (await client.fetchAll("1:*", { uid: true }, { uid: true })).map(({ uid }) => uid)
    expect(await listed()).toEqual([1, 3])
    expect(await client.search({ all: true }, { uid: true })).toEqual([1, 3])
    sandbox.faults.clear()
    expect(await listed()).toEqual([1, 2, 3])
  })

  it("B4 answers a body with NIL, or shorter than its size", async () => {
    const sandbox = await filled(2)
    const client = await openInbox(sandbox)
    sandbox.faults.set({ imap: { at: "fetch", nilBody: true, uids: [1], times: 1 } })
    const rows = await client.fetchAll("1:*", { source: true }, { uid: true })
    expect(rows.map(({ source }) => Buffer.isBuffer(source))).toEqual([false, true])
    sandbox.faults.set({ imap: { at: "fetch", shortBy: 20, uids: [2], times: 1 } })
    expect(await bodies(client)).toEqual([
      [1, mail("m1")],
      [2, mail("m2").slice(0, -20)],
    ])
  })

  it("B6 sends more than RFC822.SIZE says, whether the size is a lie or the mail has grown", async () => {
    const sandbox = await filled(1)
    const client = await openInbox(sandbox)
    sandbox.faults.set({ imap: { at: "fetch", sizeSays: 10 } })
    const row = await client.fetchOne("1", { size: true, source: true }, { uid: true })
    expect(row && [row.size, row.source?.length]).toEqual([10, mail("m1").length])
    sandbox.faults.set({ imap: { at: "fetch", longBy: 300_000 } })
    const longer = await client.fetchOne("1", { size: true, source: true }, { uid: true })
    expect(longer && [longer.size, longer.source?.length]).toEqual([mail("m1").length, mail("m1").length + 300_000])
  })

  it("B6 sends a literal that never ends, no faster than the client takes it, until the client leaves", async () => {
    const sandbox = await filled(1)
    sandbox.faults.set({ imap: { at: "fetch", endless: true } })
    const client = await openRaw(sandbox.ports.imap)
    await client.line()
    client.send("a LOGIN ada demo\r\nb SELECT INBOX\r\nc UID FETCH 1 (BODY.PEEK[])\r\n")
    expect((await client.until(/FETCH/)).at(-1)).toBe("* 1 FETCH (UID 1 BODY[] {4294967295}")
    for (let count = 0; count < 100_000; count += 1) await client.line()
    client.close()
    await expect.poll(() => sandbox.log.sessions[0]?.closedAt).toBeDefined()
    const flow = await openInbox(sandbox, { maxLiteralSize: 1_000_000 })
    await expect(bodies(flow)).rejects.toThrow()
  })

  it("cuts the connection in the middle of a mail, after as many octets as asked", async () => {
    const sandbox = await filled(2)
    sandbox.faults.set({ imap: { at: "fetch", afterBytes: 25, uids: [2], times: 1 } })
    const client = await openRaw(sandbox.ports.imap)
    await client.line()
    client.send("a LOGIN ada demo\r\nb SELECT INBOX\r\nc UID FETCH 2 (BODY.PEEK[])\r\n")
    await client.until(/FETCH/)
    expect(await client.closed()).toBe(mail("m2").slice(0, 25))
    expect(await bodies(await openInbox(sandbox))).toHaveLength(2)
  })

  it("B2 adds a row below the range that was asked for", async () => {
    const sandbox = await filled(3)
    sandbox.faults.set({ imap: { at: "fetch", belowRange: true } })
    const client = await openInbox(sandbox)
    const rows = await client.fetchAll("3:*", { uid: true }, { uid: true })
    expect(rows.map(({ uid }) => uid)).toEqual([2, 3])
  })

  it("B4 removes a mail between the listing and the fetch of its body", async () => {
    const sandbox = await filled(3)
    sandbox.faults.set({ imap: { at: "fetch", expunge: true, uids: [2], times: 1 } })
    const client = await openInbox(sandbox)
    expect(await client.fetchAll("1:*", { uid: true, size: true }, { uid: true })).toHaveLength(3)
    expect((await bodies(client)).map(([uid]) => uid)).toEqual([1, 3])
    expect(await client.search({ uid: "2" }, { uid: true })).toEqual([])
  })

  it("answers NO, BAD or BYE to any command as told, late, or never", async () => {
    const sandbox = await filled(1)
    const client = await openRaw(sandbox.ports.imap)
    await client.line()
    await client.ask("a LOGIN ada demo")
    client.send("b SELECT INBOX\r\n")
    await client.until(/^b /)
    sandbox.faults.set({
      imap: [
        { at: "fetch", reply: "NO Server error - Please try again later", times: 1 },
        { at: "store", reply: "BAD Unknown command" },
        { at: "append", reply: "NO [OVERQUOTA] Full", mailbox: "Sent" },
        { at: "idle", reply: "NO Not today" },
        { at: "search", delayMs: 120 },
        { at: "status", reply: "BYE Shutting down" },
      ],
    })
    expect(await client.ask("c UID FETCH 1 (UID)")).toBe("c NO Server error - Please try again later")
    expect(await client.ask("d UID FETCH 1 (UID)")).toBe("* 1 FETCH (UID 1)")
    expect(await client.line()).toBe("d OK Fetch completed")
    expect(await client.ask("e UID STORE 1 FLAGS ()")).toBe("e BAD Unknown command")
    client.send("f APPEND Sent {4+}\r\nA: b\r\n")
    expect(await client.line()).toBe("f NO [OVERQUOTA] Full")
    expect(await client.ask("g IDLE")).toBe("g NO Not today")
    const begun = performance.now()
    await client.ask("h UID SEARCH ALL")
    expect(performance.now() - begun).toBeGreaterThanOrEqual(115)
    await client.line()
    expect(await client.ask("i STATUS INBOX (MESSAGES)")).toBe("* BYE Shutting down")
    expect(await client.closed()).toBe("")
  })

  it("B2 withholds capabilities and announces others while the fault is in force", async () => {
    const sandbox = await start()
    sandbox.faults.set({
      imap: [
        { at: "capability", withhold: ["MOVE", "UIDPLUS"] },
        { at: "capability", announce: ["LOGINDISABLED"] },
      ],
    })
    const client = await openRaw(sandbox.ports.imap)
    const greeting = await client.line()
    expect(greeting).toContain("LOGINDISABLED")
    expect(greeting).not.toMatch(/MOVE|UIDPLUS/)
  })
})
