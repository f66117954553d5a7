import type { MailboxSession } from "@postrider/core/ports/mailbox-reader"
import { createImapReader } from "@postrider/mail/imap/imap-reader"
import { createClock } from "@postrider/runtime/clock"
import { type Sandbox, startSandbox } from "@postrider/sandbox/start-sandbox"
import { ImapFlow } from "imapflow"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { faultOf, generous, mail, readAll, refs, text } from "../../contracts/mailbox-reader/harness.ts"
import { loopback } from "../../support/loopback.ts"
import { quietLogger } from "../../support/quiet-logger.ts"
import { sandboxServer } from "../../support/sandbox-harness.ts"

type Fault = Parameters<Sandbox["faults"]["set"]>[0]["imap"]

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await startSandbox()
})
afterAll(() => sandbox.stop())

let users = 0

interface Scene {
  mails?: Buffer[]
  faults?: Fault
  /** Faults that come once the mailbox is listed. */
  thenFaults?: Fault
}

/** A session with INBOX selected, over a sandbox that behaves as told. */
async function scene(
  { mails = [], faults, thenFaults }: Scene,
  work: (session: MailboxSession, listed: number[], lines: () => string[]) => Promise<void>,
): Promise<void> {
  const user = `quirk${users++}`
  for (const raw of mails) sandbox.deliver(raw, { to: user })
  sandbox.faults.set({ imap: faults ?? [] })
  const reader = createImapReader({ vet: loopback, clock: createClock(), log: quietLogger })
  const server = sandboxServer(sandbox, { protocol: "imap", security: "none", user })
  const session = await reader.open({ protocol: "imap", server, deadline: Date.now() + 8_000 })
  try {
    await session.select("INBOX")
    const listed = await refs(session)
    if (thenFaults !== undefined) sandbox.faults.set({ imap: thenFaults })
    await work(session, listed, () => sandbox.log.sessions.find((one) => one.user === user)?.lines ?? [])
  } finally {
    sandbox.faults.clear()
    await session.end()
  }
}

const kinds = async (session: MailboxSession, wanted: number[]) =>
  (await readAll(session, wanted)).map((one) => one.kind)

describe("what servers leave out", () => {
  test("B2: UIDNEXT absent from SELECT comes from STATUS, asked before SELECT", async () => {
    await scene(
      { mails: [mail("a"), mail("b")], faults: { at: "select", uidNext: "absent" } },
      async (session, listed, lines) => {
        const snapshot = await session.select("INBOX")
        expect(snapshot.uidNext).toBe((listed.at(-1) ?? 0) + 1)
        const said = lines().filter((line) => / (STATUS|SELECT) /.test(line) && line.startsWith("C: "))
        expect(said.map((line) => /STATUS|SELECT/.exec(line)?.[0])).toEqual(["STATUS", "SELECT", "STATUS", "SELECT"])
      },
    )
  })

  test("STATUS is asked no more of a server that tells UIDNEXT in SELECT", async () => {
    await scene({}, async (session, _listed, lines) => {
      await session.select("Sent")
      expect(lines().filter((line) => line.includes(" STATUS ") && line.startsWith("C: "))).toHaveLength(1)
    })
  })

  test("A3: UIDVALIDITY absent is 0", async () => {
    await scene({ faults: { at: "select", uidValidity: "absent" } }, async (session) => {
      expect((await session.select("INBOX")).uidValidity).toBe("0")
    })
  })

  test("B1: a mailbox that answers READ-ONLY is read all the same, and never by EXAMINE", async () => {
    await scene({ mails: [mail("a")], faults: { at: "select", readOnly: true } }, async (session, listed, lines) => {
      expect((await session.select("INBOX")).readOnly).toBe(true)
      expect(await kinds(session, listed)).toEqual(["mail"])
      expect(lines().filter((line) => line.includes("EXAMINE"))).toEqual([])
    })
  })

  test("B2: rows below the range asked for are dropped", async () => {
    await scene({ mails: [mail("a"), mail("b")] }, async (session, listed) => {
      sandbox.faults.set({ imap: { at: "fetch", belowRange: true } })
      const [, second = 0] = listed
      expect((await session.list({ from: second })).map((one) => one.ref)).toEqual([second])
    })
  })

  test("A8: a mailbox that is renamed keeps its MAILBOXID, in SELECT and in the list", async () => {
    await scene({}, async (session) => {
      const ids = async () => new Map((await session.mailboxes()).map((one) => [one.path, one.mailboxId]))
      const { mailboxId } = await session.select("Junk")
      expect(mailboxId).toMatch(/\S/)
      expect((await ids()).get("Junk")).toBe(mailboxId)
      const archive = (await ids()).get("Archive")
      const other = new ImapFlow({
        ...{ host: "127.0.0.1", port: sandbox.ports.imap, secure: false, logger: false },
        auth: { user: `quirk${users - 1}`, pass: "demo" },
      })
      await other.connect()
      await other.mailboxRename("Archive", "Archiv – älter")
      await other.logout()
      const renamed = (await ids()).get("Archiv – älter")
      expect(renamed).toBe(archive)
      expect((await session.select("Archiv – älter")).mailboxId).toBe(archive)
    })
    await scene({ faults: { at: "capability", withhold: ["OBJECTID"] } }, async (session) => {
      expect((await session.mailboxes()).map((one) => one.mailboxId)).toEqual(
        expect.not.arrayContaining([expect.any(String)]),
      )
    })
  })

  test("special uses are compared without case, and names help where the server marks nothing", async () => {
    await scene({}, async (session) => {
      const uses = new Map((await session.mailboxes()).map((one) => [one.path, one.specialUse]))
      expect(uses.get("Trash")).toBe("\\Trash")
      expect(uses.get("Junk")).toBe("\\Junk")
    })
  })
})

describe("B4: listed but not delivered", () => {
  const mails = [mail("a"), mail("b", text(2_500_000)), mail("c")]

  test("a row that is missing is missing, after it was asked for alone", async () => {
    await scene({ mails, thenFaults: { at: "fetch", omit: "rows", every: 1 } }, async (session, listed) => {
      expect(await kinds(session, listed)).toEqual(["missing", "missing", "missing"])
      sandbox.faults.clear()
      expect(await kinds(session, listed)).toEqual(["mail", "mail", "mail"])
    })
  })

  test("a row left out of a batch comes when asked for alone", async () => {
    await scene({ mails, thenFaults: { at: "fetch", omit: "bodies", every: 1, times: 1 } }, async (session, listed) => {
      expect(await kinds(session, listed)).toEqual(["mail", "mail", "mail"])
    })
  })

  test("NIL is missing", async () => {
    await scene({ mails, thenFaults: { at: "fetch", nilBody: true } }, async (session, listed) => {
      expect(await kinds(session, listed)).toEqual(["missing", "missing", "missing"])
    })
  })

  test("NO to a whole FETCH is missing with the server's words, and the session goes on", async () => {
    await scene({ mails, thenFaults: { at: "fetch", reply: "NO [EXPUNGEISSUED] gone" } }, async (session, listed) => {
      const reasons: string[] = []
      for await (const one of session.fetch(listed, generous)) if (one.kind === "missing") reasons.push(one.reason)
      expect(reasons).toHaveLength(3)
      expect(reasons[0]).toContain("gone")
      sandbox.faults.clear()
      expect(await kinds(session, listed)).toEqual(["mail", "mail", "mail"])
    })
  })

  test("a literal cut short is asked for again and comes whole", async () => {
    await scene({ mails, thenFaults: { at: "fetch", shortBy: 20, times: 1 } }, async (session, listed) => {
      const read = await readAll(session, listed)
      expect(read.map((one, at) => one.octets.equals(mails[at] ?? Buffer.alloc(0)))).toEqual([true, true, true])
    })
  })

  test("a server that only estimates sizes, too high or too low, delivers all the same", async () => {
    for (const sizeSays of [50, 900_000]) {
      const raw = mail("estimated")
      await scene({ mails: [raw], faults: { at: "fetch", sizeSays } }, async (session, listed) => {
        const [read] = await readAll(session, listed)
        expect(read?.octets.equals(raw)).toBe(true)
      })
    }
  })

  test("F2: NO that speaks of the server's limits is a fault of the session, not of the mail", async () => {
    await scene({ mails, thenFaults: { at: "fetch", reply: "NO [UNAVAILABLE] later" } }, async (session, listed) => {
      const fault = await faultOf(kinds(session, listed))
      expect(fault).toMatchObject({ class: "throttled", stage: "fetch", code: "UNAVAILABLE" })
    })
  })
})

describe("B6: limits of size", () => {
  test("a mail that turns out larger than listed and than the limit comes as headers", async () => {
    const faults = { at: "fetch", sizeSays: 100 } as const
    await scene({ mails: [mail("liar", text(300_000))], faults }, async (session, listed) => {
      const [read] = await readAll(session, listed, { maxBytes: 200_000 })
      expect(read?.kind).toBe("oversize")
      expect(read?.octets.toString()).toContain("Subject: liar")
    })
  })

  test("a mail that never ends is stopped at the limit, and comes as headers when asked for again", async () => {
    const faults = [{ at: "fetch", endless: true, sizeSays: 3_000_000 }] as const
    await scene({ mails: [mail("endless", text(3_000_000))], faults: [...faults] }, async (session, listed) => {
      await expect(readAll(session, listed, { maxBytes: 6_000_000 })).rejects.toMatchObject({
        code: "message_too_large",
      })
      const [read] = await readAll(session, listed, { maxBytes: 6_000_000 })
      expect(read?.kind).toBe("oversize")
    })
  })
})

describe("changes on the server", () => {
  test("E2: without UIDPLUS a deletion sets \\Deleted and never says EXPUNGE", async () => {
    const faults = { at: "capability", withhold: ["UIDPLUS", "MOVE"] } as const
    await scene({ mails: [mail("a"), mail("b")], faults: { ...faults } }, async (session, listed, lines) => {
      const [first = 0] = listed
      await session.change([first], { delete: true })
      expect((await session.list()).map((one) => one.flags)).toEqual([["\\Deleted"], []])
      expect(lines().filter((line) => line.startsWith("C: ") && line.includes("EXPUNGE"))).toEqual([])
    })
  })

  test("E2: without MOVE and UIDPLUS a move is refused before anything is copied", async () => {
    const faults = { at: "capability", withhold: ["UIDPLUS", "MOVE"] } as const
    await scene({ mails: [mail("a")], faults: { ...faults } }, async (session, listed, lines) => {
      const fault = await faultOf(session.change(listed, { moveTo: "Archive" }))
      expect(fault.misconfigured).toBe(true)
      expect(lines().filter((line) => line.includes("COPY"))).toEqual([])
      expect(await refs(session)).toEqual(listed)
    })
  })

  test("E2: without MOVE a move copies and expunges these mails alone", async () => {
    const faults = { at: "capability", withhold: ["MOVE"] } as const
    await scene({ mails: [mail("a"), mail("b")], faults: { ...faults } }, async (session, listed, lines) => {
      const [first = 0, second = 0] = listed
      await session.change([second], { addFlags: ["\\Deleted"] })
      await session.change([first], { moveTo: "Archive" })
      expect(await refs(session)).toEqual([second])
      expect(lines().filter((line) => / EXPUNGE\b/.test(line) && line.startsWith("C: "))).toEqual([
        expect.stringContaining("UID EXPUNGE"),
      ])
    })
  })

  test("a change that is refused is a fault with the server's words", async () => {
    const thenFaults = { at: "store", reply: "NO [NOPERM] hands off" } as const
    await scene({ mails: [mail("a")], thenFaults: { ...thenFaults } }, async (session, listed) => {
      const fault = await faultOf(session.change(listed, { addFlags: ["\\Seen"] }))
      expect(fault).toMatchObject({ class: "protocol", stage: "store", code: "NOPERM" })
      expect(fault.response).toContain("hands off")
    })
  })
})
