import type { Engine } from "@postrider/engines/engine"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { newSweepMemory, sweep } from "@postrider/runtime/sweep"
import { describe, expect, test } from "vitest"
import { embeddedDir } from "../support/embedded-dir.ts"
import { createManualClock, type ManualClock } from "../support/manual-clock.ts"
import { quietLogger } from "../support/quiet-logger.ts"

const day = 24 * 3_600_000
const octets = (size: number) => new Uint8Array(size).fill(1)
const key = (n: number) => `inbound/acme/2020-01-01/in_${n}/raw.eml`

interface Kept {
  engine: Engine
  clock: ManualClock
  sweepAll(): Promise<void>
}

function keeping({ engine, clock }: { engine: Engine; clock: ManualClock }, keepDays: number | null): Kept {
  const limits = { maxMessageBytes: 1, keepEventsMs: day, publicUrl: "", tickMs: 1_000 }
  const keepMessagesMs = keepDays === null ? null : keepDays * day
  const ports = { records: engine.records, clock, log: quietLogger, limits: { ...limits, keepMessagesMs } }
  return {
    engine,
    clock,
    async sweepAll() {
      const memory = newSweepMemory()
      if (engine.upkeep === undefined) throw new Error("no upkeep")
      do await sweep(ports, engine.upkeep, memory)
      while (memory.after !== undefined || memory.intakeAfter !== undefined)
    },
  }
}

async function opened(kind: string): Promise<{ engine: Engine; clock: ManualClock }> {
  if (kind === "memory") {
    const clock = createManualClock()
    return { clock, engine: createMemoryEngine({ clock }) }
  }
  const { clock, open } = await embeddedDir()
  return { clock, engine: await open() }
}

describe.each(["memory", "embedded"])("retention on the %s engine", (kind) => {
  test("content goes a day after its message's record, by when it was stored, not by the mail's own date", async () => {
    const { engine, clock, sweepAll } = keeping(await opened(kind), 3)
    await engine.content.put(key(1), octets(10))
    await engine.content.put(key(2), octets(100_000))
    await engine.content.put("outbound/acme/2026-01-01/msg_1.abc.json", octets(10))
    await engine.content.put("exports/op_1", octets(10))
    await engine.records.put({ id: "in#in_1", body: {}, expiresAt: clock.now() + 3 * day })
    await engine.records.put({ id: "in#in_2", body: {}, expiresAt: clock.now() + 3 * day })
    await clock.advance(3 * day)
    await sweepAll()
    expect(await engine.content.get(key(1))).toBeDefined()
    await clock.advance(day + 1)
    await sweepAll()
    for (const gone of [key(1), key(2), "outbound/acme/2026-01-01/msg_1.abc.json"]) {
      expect(await engine.content.get(gone), gone).toBeUndefined()
    }
    expect(await engine.content.get("exports/op_1")).toBeDefined()
  })

  test("what still has a record stays, and does not hold up what comes after it", async () => {
    const { engine, clock, sweepAll } = keeping(await opened(kind), 1)
    for (let n = 0; n < 1_200; n++) await engine.content.put(key(n), octets(1))
    for (let n = 0; n < 600; n++) await engine.records.put({ id: `in#in_${n}`, body: {} })
    await clock.advance(3 * day)
    await sweepAll()
    expect(await engine.content.get(key(0))).toBeDefined()
    expect(await engine.content.get(key(599))).toBeDefined()
    expect(await engine.content.get(key(600))).toBeUndefined()
    expect(await engine.content.get(key(1_199))).toBeUndefined()
  })

  test("content that is stored again is new again", async () => {
    const { engine, clock, sweepAll } = keeping(await opened(kind), 1)
    await engine.content.put(key(1), octets(1))
    await clock.advance(3 * day)
    await engine.content.put(key(1), octets(1))
    await sweepAll()
    expect(await engine.content.get(key(1))).toBeDefined()
    await engine.upkeep?.dropContent([key(1)], clock.now() - day)
    expect(await engine.content.get(key(1))).toBeDefined()
  })

  test("nothing goes where messages are kept for good", async () => {
    const { engine, clock, sweepAll } = keeping(await opened(kind), null)
    await engine.content.put(key(1), octets(1))
    await clock.advance(400 * day)
    await sweepAll()
    expect(await engine.content.get(key(1))).toBeDefined()
  })

  test("what intake kept of an account goes with it, and stays where the account lives", async () => {
    const { engine, sweepAll } = keeping(await opened(kind), null)
    const put = (id: string, incarnation: string) => engine.records.put({ id, body: { incarnation } })
    await put("acc#alive", "a1")
    await put("acc#anew", "n2")
    const kept = ["box#alive#INBOX", "led#alive#head", "led#alive#3"]
    const gone = ["box#gone#INBOX", "box#gone#INBOX#0", "box#gone#INBOX#remap#1", "led#gone#head", "led#gone#0"]
    for (const id of kept) await put(id, "a1")
    for (const id of gone) await put(id, "g1")
    for (let n = 0; n < 450; n++) await put(`led#gone#${n}`, "g1")
    await put("box#anew#INBOX", "n1")
    await put("led#anew#head", "n2")
    await sweepAll()
    expect((await engine.records.getMany([...kept, "led#anew#head"])).length).toBe(4)
    expect(await engine.records.getMany([...gone, "box#anew#INBOX"])).toEqual([])
    expect(await engine.upkeep?.recordIds("led#gone#", { limit: 10 })).toEqual([])
    expect(await engine.records.get("acc#alive")).toBeDefined()
  })

  test("dead letters go after 30 days", async () => {
    const { engine, clock, sweepAll } = keeping(await opened(kind), null)
    const bury = async () => {
      await engine.jobs.send([{ job: { type: "deliver_message.v1", message: "msg_1" } }])
      const wanted = { max: 1, waitMs: 0, visibilityMs: 60_000, maxReceives: 5 }
      const [job] = await engine.source.receive("outbound", wanted)
      await job?.settle({ kind: "reject", why: "broken" })
    }
    await bury()
    await clock.advance(20 * day)
    await bury()
    await clock.advance(10 * day + 1)
    await sweepAll()
    expect(await engine.jobs.depth("outbound")).toMatchObject({ dead: 1 })
  })
})
