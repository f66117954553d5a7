import type { Fault } from "@postrider/sandbox/fault/fault"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { type RunningRelay, type Shape, startRelay, until } from "../../support/running-relay.ts"
import { pollAgain, startTrial, type Trial } from "./trial.ts"

const maxBytes = 256 * 1024
// Many at once, on a machine that may be busy.
vi.setConfig({ testTimeout: 40_000 })

let relay: RunningRelay
beforeAll(async () => {
  relay = await startRelay({ POSTRIDER_MAX_MESSAGE_BYTES: String(maxBytes) })
})
afterAll(async () => {
  await relay?.stop()
  expect(relay?.errors).toEqual([])
})

let minute = 0

/** Mails `from` to `to` into the mailbox, each with a Message-ID of its own. */
function deliver(trial: Trial, from: number, to: number): void {
  for (let n = from; n <= to; n++) {
    const raw = `Message-ID: <m${n}@demo.test>\r\nDate: Thu, 01 Jan 2026 00:00:00 +0000\r\nSubject: ${n}\r\n\r\n${"text ".repeat(40)}${n}\r\n`
    trial.sandbox.deliver(raw, { to: "ada", internalDate: new Date(Date.UTC(2026, 0, 1, 0, minute++)) })
  }
}

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => String(from + at))

/** Subjects of what was received, sorted by number: a mail lost or doubled shows. */
async function received(trial: Trial): Promise<string[]> {
  const mails = (await trial.through()) as Shape[]
  return mails.map(({ subject }) => subject).sort((a, b) => a - b)
}

const types = async (trial: Trial): Promise<string[]> =>
  (await relay.events(trial.id)).map(({ type }) => type).filter((type) => !type.startsWith("account."))

async function receives(trial: Trial, wanted: string[]): Promise<void> {
  await until(
    () => received(trial),
    (subjects) => subjects.length >= wanted.length,
  )
  await pollAgain(relay, trial)
  expect(await received(trial)).toEqual(wanted)
}

async function accountWith(protocol: "imap" | "pop3", mails: number, fault?: Fault | Fault[], settings = {}) {
  const trial = await startTrial(relay, { protocol, settings })
  deliver(trial, 1, mails)
  if (fault !== undefined) trial.sandbox.faults.set({ [protocol]: fault })
  await trial.create()
  return trial
}

describe.concurrent("a connection cut in the middle of a mail is unreachable, and every mail comes once", () => {
  for (const [protocol, at] of [
    ["imap", "fetch"],
    ["pop3", "retr"],
  ] as const) {
    it(protocol, async () => {
      const trial = await accountWith(protocol, 4, { at, afterBytes: 100, uids: [3] })
      const failed = await until(trial.part, ({ last_error }) => last_error !== null)
      expect(failed).toMatchObject({
        state: "unreachable",
        last_error: { class: "connect", fix: expect.stringMatching(/broke off; this passes by itself/) },
      })
      trial.sandbox.faults.clear()
      await trial.resume()
      await receives(trial, numbers(1, 4))
      await trial.stop()
    })
  }
})

describe.concurrent("what an IMAP server leaves out comes later, once (mail-rules B4)", () => {
  const faults: Record<string, Fault> = {
    "mails listed and not delivered": { at: "fetch", omit: "bodies", uids: [2, 3] },
    "mails left out of the listing": { at: "fetch", omit: "rows", uids: [2, 3], times: 1 },
    "a body of NIL": { at: "fetch", nilBody: true, uids: [2] },
    "a literal shorter than listed": { at: "fetch", shortBy: 5, uids: [2], times: 1 },
  }
  for (const [what, fault] of Object.entries(faults)) {
    it(what, async () => {
      const trial = await accountWith("imap", 4, fault)
      await until(
        () => received(trial),
        (subjects) => subjects.length > 0,
      )
      await pollAgain(relay, trial)
      trial.sandbox.faults.clear()
      // No wait for the next planned try: a poll that is asked for tries what is pending.
      await pollAgain(relay, trial)
      await receives(trial, numbers(1, 4))
      await trial.stop()
    })
  }
})

describe.concurrent("a mail over the limit is told as oversize with its headers, and those beside it come through (mail-rules B6)", () => {
  const tooLarge = `Message-ID: <big@demo.test>\r\nSubject: 99\r\n\r\n${"0123456789abcde\r\n".repeat(maxBytes / 16)}`
  const cases: [what: string, protocol: "imap" | "pop3", fault: Fault | undefined][] = [
    ["IMAP, as listed", "imap", undefined],
    ["IMAP, listed as small", "imap", { at: "fetch", sizeSays: 500, uids: [3] }],
    ["IMAP, a literal without end", "imap", { at: "fetch", endless: true, uids: [3] }],
    ["POP3, as listed", "pop3", undefined],
    ["POP3, listed as small", "pop3", { at: "list", sizeSays: 500 }],
    ["POP3, a mail without end", "pop3", { at: "retr", endless: true, uids: [3] }],
  ]
  for (const [what, protocol, fault] of cases) {
    it(what, async () => {
      const trial = await startTrial(relay, { protocol })
      deliver(trial, 1, 2)
      trial.sandbox.deliver(tooLarge, { to: "ada" })
      deliver(trial, 4, 4)
      if (fault) trial.sandbox.faults.set({ [protocol]: fault })
      await trial.create()
      await until(
        async () => {
          await trial.resume()
          return received(trial)
        },
        (subjects) => subjects.length >= 4,
      )
      await receives(trial, ["1", "2", "4", "99"])
      const big = ((await trial.through()) as Shape[]).find(({ subject }) => subject === "99")
      expect(big).toMatchObject({ message_id: "<big@demo.test>", parse: { status: "oversize" }, raw_url: null })
      await trial.stop()
    })
  }
})

describe.concurrent("a mailbox that counts anew brings no mail twice and loses none (mail-rules A3, A4)", () => {
  it("another UIDVALIDITY: one mailbox.reset, then new mail as ever", async () => {
    const trial = await accountWith("imap", 5)
    await receives(trial, numbers(1, 5))
    trial.sandbox.mailbox("ada").setUidValidity(1_999_999_999)
    deliver(trial, 6, 6)
    await pollAgain(relay, trial)
    await receives(trial, numbers(1, 6))
    const resets = (await relay.events(trial.id)).filter(({ type }) => type === "mailbox.reset")
    expect(resets.map(({ data }) => data)).toMatchObject([{ mailbox: "INBOX", matched: 5, new: 1 }])
    await trial.stop()
  })

  it("UIDNEXT falling, UIDs given again to other mails: those are new mail", async () => {
    const trial = await accountWith("imap", 5)
    await receives(trial, numbers(1, 5))
    trial.sandbox.mailbox("ada").rewind(4)
    deliver(trial, 6, 6)
    await pollAgain(relay, trial)
    await receives(trial, numbers(1, 6))
    expect((await types(trial)).filter((type) => type === "mailbox.reset").length).toBe(1)
    await trial.stop()
  })

  it("all UIDLs changed: one mailbox.reset", async () => {
    const trial = await accountWith("pop3", 12)
    await receives(trial, numbers(1, 12))
    trial.sandbox.faults.set({ pop3: { at: "uidl", prefix: "n." } })
    deliver(trial, 13, 13)
    await pollAgain(relay, trial)
    await receives(trial, numbers(1, 13))
    expect((await types(trial)).filter((type) => type === "mailbox.reset").length).toBe(1)
    await trial.stop()
  })

  it("UIDVALIDITY absent: polled all the same", async () => {
    const trial = await accountWith("imap", 2, { at: "select", uidValidity: "absent" })
    await receives(trial, numbers(1, 2))
    await trial.stop()
  })
})

describe.concurrent("UIDLs that name no mail for sure (mail-rules D2, D4)", () => {
  it("none at all: misconfigured, with the setting that helps; then each mail once, and deleted", async () => {
    const trial = await accountWith("pop3", 3, { at: "capa", withhold: ["UIDL"] })
    const expected = { class: "protocol", fix: /no UIDL.* set .*delete.* to "?after_store/ }
    await trial.fails({ state: "misconfigured", ...expected })
    await trial.verifyFails(expected)
    await trial.patch({ delete: "after_store" })
    await trial.resume()
    await receives(trial, numbers(1, 3))
    expect(trial.sandbox.mailbox("ada").messages).toEqual([])
    await trial.stop()
  })

  it("one UIDL for two mails: both come, once", async () => {
    const trial = await accountWith("pop3", 3, { at: "uidl", sameFor: 2 })
    await receives(trial, numbers(1, 3))
    await trial.stop()
  })

  it("the UIDL of a deleted mail for a new one: it is new mail", async () => {
    const trial = await accountWith("pop3", 3)
    await receives(trial, numbers(1, 3))
    trial.sandbox.mailbox("ada").remove(new Set([2]))
    await pollAgain(relay, trial)
    trial.sandbox.faults.set({ pop3: { at: "uidl", reuse: true } })
    deliver(trial, 4, 4)
    await pollAgain(relay, trial)
    await receives(trial, numbers(1, 4))
    await trial.stop()
  })
})
