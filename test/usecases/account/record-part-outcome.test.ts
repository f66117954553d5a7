import { type AccountRecord, accountRecordId } from "@postrider/core/account/account"
import { recordPartOutcome } from "@postrider/core/account/record-part-outcome"
import type { MailFault } from "@postrider/core/ports/mail-fault"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { beforeEach, describe, expect, it } from "vitest"
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts"
import { type Life, settle, startLife } from "../../support/outbound-world.ts"
import { createPostboxSender } from "../../support/postbox-sender.ts"

const fault = (given: Partial<MailFault> = {}): MailFault => ({
  class: "auth",
  stage: "auth",
  code: "AUTHENTICATIONFAILED",
  enhancedCode: null,
  response: "wrong password",
  fix: null,
  misconfigured: false,
  ...given,
})

describe("recordPartOutcome", () => {
  let clock: ManualClock
  let engine: ReturnType<typeof createMemoryEngine>
  let life: Life

  beforeEach(async () => {
    clock = createManualClock()
    engine = createMemoryEngine({ clock })
    life = startLife({ engine, clock, sender: createPostboxSender() })
    await settle(engine)
  })

  const report = (given: MailFault | null) =>
    recordPartOutcome(life.ports, "ada", { part: "imap", fault: given, startedAt: clock.now() })
  const status = async () => {
    const record = await engine.records.get<AccountRecord & { [key: string]: never }>(accountRecordId("ada"))
    return { v: record?.v, imap: record?.body.status.imap, polled: record?.body.last_poll_at }
  }
  const told = async () => {
    const hour = new Date(clock.now()).toISOString().slice(0, 13)
    const shards = [0, 1, 2, 3].map((n) =>
      engine.records.query<{ type: string; at: string }>("day", `evt#${hour}#${n}`, { limit: 100, order: "asc" }),
    )
    return (await Promise.all(shards)).flatMap((page) => page.records.map((record) => record.body.type))
  }
  const restMinutes = async () => (((await status()).imap?.retryAt ?? 0) - clock.now()) / 60_000

  it("F3: refused credentials rest 1, 5, 15 and 60 minutes, then 6 hours", async () => {
    const rests: number[] = []
    for (let n = 0; n < 6; n++) {
      await report(fault())
      rests.push(await restMinutes())
    }
    const expected = [1, 5, 15, 60, 360, 360]
    for (const [n, minutes] of expected.entries()) {
      expect(rests[n]).toBeGreaterThanOrEqual(minutes * 0.9)
      expect(rests[n]).toBeLessThanOrEqual(minutes * 1.1)
    }
    expect((await status()).imap?.state).toBe("auth_failed")
  })

  it("F3: an account that never got in is told of at its first refusal, once", async () => {
    await report(fault())
    await report(fault())
    expect(await told()).toEqual(["account.failed"])
  })

  it("F3: one that worked before is told of at its third refusal; success is account.recovered", async () => {
    await report(null)
    await report(fault())
    await report(fault())
    expect(await told()).toEqual([])
    await report(fault())
    expect(await told()).toEqual(["account.failed"])
    await report(null)
    expect((await told()).sort()).toEqual(["account.failed", "account.recovered"])
    expect((await status()).imap).toMatchObject({ state: "ok", consecutive_failures: 0, last_error: null })
  })

  it("F5: wrong settings rest about an hour as misconfigured, all else backs off as unreachable to 15 minutes", async () => {
    await report(fault({ class: "tls", misconfigured: true }))
    expect((await status()).imap?.state).toBe("misconfigured")
    expect(await restMinutes()).toBeGreaterThan(50)
    for (let n = 0; n < 20; n++) await report(fault({ class: "timeout" }))
    expect((await status()).imap?.state).toBe("unreachable")
    expect(await restMinutes()).toBeLessThanOrEqual(16.5)
  })

  it("a quiet success is not written more than once a quarter of an hour", async () => {
    await report(null)
    const first = await status()
    for (let n = 0; n < 14; n++) {
      await clock.advance(60_000)
      await report(null)
    }
    expect((await status()).v).toBe(first.v)
    await clock.advance(2 * 60_000)
    await report(null)
    expect((await status()).v).toBe((first.v ?? 0) + 1)
  })

  it("an account that was removed meanwhile is left alone", async () => {
    await engine.records.delete(accountRecordId("ada"))
    await report(fault())
    expect(await engine.records.get(accountRecordId("ada"))).toBeUndefined()
  })
})
