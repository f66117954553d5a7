import assert from "node:assert/strict"
import { both, faultOf, imapOnly, mail, octets, type ReaderCase, readAll, refs, withInbox } from "./harness.ts"

export const changeCases: ReaderCase[] = [
  {
    name: "flags can be set in a selected mailbox: it was opened with SELECT (mail-rules B1, E1)",
    protocols: imapOnly,
    needs: ["flags"],
    async run(harness) {
      await harness.deliver(mail("f1"))
      await harness.deliver(mail("f2"))
      await withInbox(harness, async (session) => {
        const snapshot = await session.select("INBOX")
        assert.equal(snapshot.readOnly, false)
        const [first = 0] = await refs(session)
        await session.change([first], { addFlags: ["\\Seen"] })
      })
      assert.deepEqual(await harness.flags?.(), [["\\Seen"], []])
    },
  },
  {
    name: "a deleted mail is gone in the next session, and no other (mail-rules E2, D3)",
    protocols: both,
    async run(harness) {
      for (const n of [1, 2, 3]) await harness.deliver(mail(`d${n}`))
      const kept = await withInbox(harness, async (session) => {
        const listed = await session.list()
        const gone = listed[1]
        assert.ok(gone !== undefined)
        await readAll(session, [gone.ref])
        await session.change([gone.ref], { delete: true })
        assert.deepEqual(await session.end(), { committed: true })
        return listed.filter((one) => one !== gone).map((one) => one.uidl ?? one.ref)
      })
      const left = await withInbox(harness, (session) => session.list())
      assert.deepEqual(left.map((one) => one.uidl ?? one.ref).sort(), kept.sort())
    },
  },
  {
    name: "a moved mail is in the other mailbox, octet by octet, and no longer here",
    protocols: imapOnly,
    async run(harness) {
      const raw = mail("moved")
      await harness.deliver(raw)
      await harness.deliver(mail("stays"))
      await withInbox(harness, async (session) => {
        const [first = 0, second = 0] = await refs(session)
        await session.select("Sent")
        const before = await refs(session)
        await session.select("INBOX")
        await session.change([first], { moveTo: "Sent" })
        assert.deepEqual(await refs(session), [second])
        await session.select("Sent")
        const moved = (await refs(session)).filter((ref) => !before.includes(ref))
        assert.equal(moved.length, 1)
        const [read] = await readAll(session, moved)
        assert.ok(read?.octets.equals(raw))
      })
    },
  },
  {
    name: "an appended mail is found by a header, with its flags and date",
    protocols: imapOnly,
    async run(harness) {
      const raw = mail("copy")
      await withInbox(harness, async (session) => {
        await session.append("Sent", raw, { flags: ["\\Seen"], internalDate: Date.UTC(2026, 0, 2, 3, 4, 5) })
        await session.select("Sent")
        const found = await session.searchHeader("Message-ID", "<copy@sender.test>")
        const ref = found.at(-1) ?? 0
        const listed = (await session.list()).find((one) => one.ref === ref)
        assert.deepEqual(listed?.flags, ["\\Seen"])
        assert.equal(listed?.internalDate, Date.UTC(2026, 0, 2, 3, 4, 5))
        for await (const one of session.fetch([ref], { maxBytes: 10_000 })) {
          assert.ok(one.kind === "mail" && (await octets(one.body)).equals(raw))
        }
        assert.deepEqual(await session.searchHeader("Message-ID", "<nobody@sender.test>"), [])
      })
    },
  },
  {
    name: "the special uses of mailboxes are told",
    protocols: imapOnly,
    async run(harness) {
      await withInbox(harness, async (session) => {
        const uses = new Map((await session.mailboxes()).map((one) => [one.path, one.specialUse]))
        assert.equal(uses.get("INBOX"), "\\Inbox")
        assert.equal(uses.get("Sent"), "\\Sent")
      })
    },
  },
  {
    name: "a mailbox that does not exist is a fault of the settings, and the session goes on",
    protocols: imapOnly,
    async run(harness) {
      await withInbox(harness, async (session) => {
        const fault = await faultOf(session.select("No such mailbox"))
        assert.notEqual(fault.class, "auth")
        assert.equal(fault.misconfigured, true)
        await session.select("INBOX")
        assert.deepEqual(await session.list(), [])
      })
    },
  },
]
