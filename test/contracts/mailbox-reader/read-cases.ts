import assert from "node:assert/strict"
import { createTcpTap } from "../../support/tcp-tap.ts"
import {
  both,
  generous,
  imapOnly,
  mail,
  octets,
  open,
  type ReaderCase,
  readAll,
  refs,
  text,
  withInbox,
} from "./harness.ts"

const twentyMegabytes = 20 * 1000 * 1000
const subjectOf = (octets: Buffer): string => /Subject: (\S+)/.exec(octets.toString("latin1"))?.[1] ?? ""

export const readCases: ReaderCase[] = [
  {
    name: "lists every mail once, ascending, with its size",
    protocols: both,
    async run(harness) {
      const sent = Array.from({ length: 30 }, (_, n) => mail(`n${n}`, text(100 + n * 78)))
      for (const raw of sent) await harness.deliver(raw)
      await withInbox(harness, async (session) => {
        const listed = await session.list()
        assert.equal(listed.length, 30)
        const ascending = [...listed].sort((a, b) => a.ref - b.ref)
        assert.deepEqual(listed, ascending)
        assert.equal(new Set(listed.map((one) => one.ref)).size, 30)
        assert.deepEqual(
          listed.map((one) => one.size).sort((a, b) => a - b),
          sent.map((raw) => raw.length),
        )
      })
    },
  },
  {
    name: "an empty mailbox lists nothing",
    protocols: both,
    async run(harness) {
      await withInbox(harness, async (session) => assert.deepEqual(await session.list(), []))
    },
  },
  {
    name: "ids name the same mail in the next session",
    protocols: both,
    async run(harness) {
      for (const n of [1, 2, 3]) await harness.deliver(mail(`id${n}`))
      const look = () =>
        withInbox(harness, async (session) => {
          const snapshot = await session.select("INBOX")
          const listed = await session.list()
          const read = await readAll(
            session,
            listed.map((one) => one.ref),
          )
          const ids = listed.map((one, at) => [one.uidl ?? one.ref, subjectOf(read[at]?.octets ?? Buffer.alloc(0))])
          return { uidValidity: snapshot.uidValidity, ids }
        })
      const first = await look()
      await harness.deliver(mail("id4"))
      const second = await look()
      assert.equal(second.uidValidity, first.uidValidity)
      assert.deepEqual(second.ids.slice(0, 3).sort(), first.ids.sort())
      assert.equal(second.ids.length, 4)
    },
  },
  {
    name: "bodies are exact to the octet: 8-bit text, lines of dots, long lines",
    protocols: both,
    async run(harness) {
      const dots = ".\r\n..\r\n.x\r\n...y\r\n.\r\n"
      const sent = [
        mail("dots", dots),
        mail("eight", Buffer.from(Array.from({ length: 127 }, (_, n) => 128 + n).concat([13, 10]))),
        mail("utf8", "Grüße, 你好, 🐎\r\n"),
        mail("long", `${"x".repeat(5_000)}\r\nend\r\n`),
        mail("blank", "\r\n\r\n\r\n"),
        mail("medium", text(300_000)),
      ]
      for (const raw of sent) await harness.deliver(raw)
      await withInbox(harness, async (session) => {
        const read = await readAll(session, await refs(session))
        const bySubject = new Map(read.map((one) => [subjectOf(one.octets), one.octets]))
        assert.equal(bySubject.size, sent.length)
        for (const raw of sent) assert.ok(bySubject.get(subjectOf(raw))?.equals(raw), `${subjectOf(raw)} differs`)
      })
    },
  },
  {
    name: "each mail asked for gets one answer, in the order asked, whatever the sizes",
    protocols: both,
    async run(harness) {
      for (let n = 0; n < 8; n++) await harness.deliver(mail(`o${n}`, text(n % 3 === 0 ? 2_500_000 : 200)))
      await withInbox(harness, async (session) => {
        const wanted = (await refs(session)).reverse()
        const read = await readAll(session, wanted)
        assert.deepEqual(
          read.map((one) => one.ref),
          wanted,
        )
        assert.deepEqual(new Set(read.map((one) => subjectOf(one.octets))).size, 8)
      })
    },
  },
  {
    name: "a body of 20 MB streams: its start is there before the server sent half, and a reader that waits holds the server back",
    protocols: both,
    async run(harness) {
      const raw = mail("big", text(twentyMegabytes))
      await harness.deliver(raw)
      const tap = await createTcpTap(harness.server.port)
      try {
        await withInbox(
          harness,
          async (session) => {
            for await (const one of session.fetch(await refs(session), generous)) {
              assert.equal(one.kind, "mail")
              if (one.kind !== "mail") return
              const pieces: Uint8Array[] = []
              for await (const piece of one.body) {
                if (pieces.push(piece) === 1) {
                  assert.ok(tap.received() < twentyMegabytes / 2, `${tap.received()} octets before the first piece`)
                  assert.ok((await settled(tap.received)) < twentyMegabytes * 0.8, "nothing held the server back")
                }
                assert.ok(piece.length <= 4_000_000, `a piece of ${piece.length} octets`)
              }
              assert.ok(Buffer.concat(pieces).equals(raw))
            }
          },
          { server: { port: tap.port } },
        )
      } finally {
        await tap.stop()
      }
    },
  },
  {
    name: "reading a mail does not set \\Seen (mail-rules E1)",
    protocols: imapOnly,
    needs: ["flags"],
    async run(harness) {
      await harness.deliver(mail("small"))
      await harness.deliver(mail("large", text(2_500_000)))
      await withInbox(harness, async (session) => {
        const wanted = await refs(session)
        await session.headers(wanted)
        await readAll(session, wanted)
        await readAll(session, wanted, { maxBytes: 10 })
      })
      assert.deepEqual(await harness.flags?.(), [[], []])
    },
  },
  {
    name: "a mail that is gone when asked for is reported as missing, the others come (mail-rules B4)",
    protocols: both,
    needs: ["remove"],
    async run(harness) {
      for (let n = 0; n < 5; n++) await harness.deliver(mail(`m${n}`, text(n === 3 ? 2_500_000 : 200)))
      await withInbox(harness, async (session) => {
        const wanted = await refs(session)
        await harness.remove?.(3)
        await harness.remove?.(1)
        const read = await readAll(session, wanted)
        assert.deepEqual(
          read.map((one) => one.kind),
          ["mail", "missing", "mail", "missing", "mail"],
        )
        assert.deepEqual(
          read.map((one) => one.ref),
          wanted,
        )
      })
    },
  },
  {
    name: "a mail over the limit comes as its header block, the others whole (mail-rules B6)",
    protocols: both,
    async run(harness) {
      await harness.deliver(mail("one"))
      await harness.deliver(mail("huge", text(200_000)))
      await harness.deliver(mail("two"))
      await withInbox(harness, async (session) => {
        const read = await readAll(session, await refs(session), { maxBytes: 100_000 })
        const huge = read.find((one) => subjectOf(one.octets) === "huge")
        assert.equal(huge?.kind, "oversize")
        assert.ok((huge?.octets.length ?? 0) < 1_000)
        assert.deepEqual(read.map((one) => one.kind).sort(), ["mail", "mail", "oversize"])
      })
    },
  },
  {
    name: "header blocks come without bodies, for each mail that is there",
    protocols: both,
    async run(harness) {
      await harness.deliver(mail("h1", text(50_000)))
      await harness.deliver(mail("h2"))
      await withInbox(harness, async (session) => {
        const wanted = await refs(session)
        const headers = await session.headers(wanted)
        assert.equal(headers.size, 2)
        for (const block of headers.values()) {
          assert.match(Buffer.from(block).toString(), /Message-ID: <h[12]@sender\.test>/)
          assert.ok(block.length < 1_000)
        }
      })
    },
  },
  {
    name: "exists tells what is there",
    protocols: both,
    async run(harness) {
      await harness.deliver(mail("here"))
      await withInbox(harness, async (session) => {
        const [ref = 0] = await refs(session)
        assert.equal(await session.exists(ref), true)
        assert.equal(await session.exists(ref + 1_000), false)
      })
    },
  },
  {
    name: "a range without new mail is empty, though servers answer with the last one (mail-rules B2)",
    protocols: imapOnly,
    async run(harness) {
      for (const n of [1, 2, 3]) await harness.deliver(mail(`r${n}`))
      await withInbox(harness, async (session) => {
        const all = await refs(session)
        const last = all.at(-1) ?? 0
        assert.deepEqual(await session.list({ from: last + 1 }), [])
        assert.deepEqual(await session.list({ from: last + 500, to: last + 600 }), [])
        assert.deepEqual(
          (await session.list({ from: all[1] ?? 0, to: all[1] ?? 0 })).map((one) => one.ref),
          [all[1]],
        )
      })
    },
  },
  {
    name: "a body that is left unread does not disturb the next one",
    protocols: both,
    async run(harness) {
      await harness.deliver(mail("left", text(3_000_000)))
      await harness.deliver(mail("read"))
      await withInbox(harness, async (session) => {
        const found: string[] = []
        for await (const one of session.fetch(await refs(session), generous)) {
          assert.equal(one.kind, "mail")
          if (one.kind !== "mail") continue
          const iterator = one.body[Symbol.asyncIterator]()
          const first = await iterator.next()
          if (first.done !== true && first.value.length < 1_000) found.push(subjectOf(Buffer.from(first.value)))
        }
        assert.deepEqual(found, ["read"])
      })
    },
  },
  {
    name: "leaving a fetch early leaves a session that answers, or one that is over: it never hangs",
    protocols: both,
    async run(harness) {
      for (let n = 0; n < 3; n++) await harness.deliver(mail(`e${n}`, text(3_000_000)))
      const session = await open(harness, { deadlineMs: 8_000 })
      await session.select("INBOX")
      for await (const one of session.fetch(await refs(session), generous)) {
        if (one.kind === "mail") for await (const _ of one.body) break
        break
      }
      const answer = await session.list().then(
        (listed) => listed.length,
        (error: unknown) => error,
      )
      assert.ok(answer === 3 || answer instanceof Error, `${answer}`)
      if (answer instanceof Error) assert.doesNotMatch(answer.message, /in time/)
      await session.end()
    },
  },
  {
    name: "reading twice in one session gives the same octets",
    protocols: both,
    async run(harness) {
      const raw = mail("twice", text(90_000))
      await harness.deliver(raw)
      await withInbox(harness, async (session) => {
        const [ref = 0] = await refs(session)
        for (let n = 0; n < 2; n++) {
          for await (const one of session.fetch([ref], generous)) {
            assert.ok(one.kind === "mail" && (await octets(one.body)).equals(raw))
          }
        }
      })
    },
  },
]

/** The count once it stands still. */
async function settled(count: () => number): Promise<number> {
  for (let last = -1; ; ) {
    const now = count()
    if (now === last) return now
    last = now
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}
