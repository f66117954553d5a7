import { announceEvents } from "@postrider/core/event/announce-events"
import { readFeed } from "@postrider/core/event/read-feed"
import type { Relay } from "@postrider/runtime/assemble-relay"
import { compose } from "@postrider/runtime/compose"
import { readConfig } from "@postrider/runtime/config/config"
import { newTickMemory, tick } from "@postrider/runtime/tick"
import { expect, test } from "vitest"
import { embeddedDir } from "../support/embedded-dir.ts"
import { createManualClock } from "../support/manual-clock.ts"
import { quietLogger } from "../support/quiet-logger.ts"
import { admin, received } from "../usecases/webhook/world.ts"

const noon = Date.UTC(2026, 0, 1, 12)
const hour = 3_600_000
const query = { test: false, body: "compact" as const, limit: 20, waitMs: 0 }

/** A relay over a directory, in a process whose clock says `now`. */
async function life(dir: string, now: number, work: (relay: Relay) => Promise<void>): Promise<void> {
  const { config } = readConfig({})
  const relay = await compose({
    config: { ...config, engine: { kind: "embedded", dir } },
    secrets: { masterKeys: [new Uint8Array(32).fill(7)], adminKeyHash: null },
    log: quietLogger,
    publicUrl: "https://relay.test",
    clock: createManualClock(now),
  })
  await work(relay).finally(() => relay.close())
}

test("an event written after the clock stepped back over a restart comes after every cursor handed out before", async () => {
  const { dir } = await embeddedDir()
  let after = ""
  await life(dir, noon, async ({ ports }) => {
    await announceEvents(ports, [received(1), received(2)])
    after = (await readFeed(ports, admin, query)).next
  })
  await life(dir, noon - 2 * hour, async ({ ports }) => {
    await announceEvents(ports, [received(3)])
    const page = await readFeed(ports, admin, { ...query, after })
    expect(page.data.map(({ id }) => id)).toEqual(["evt_3"])
    expect((await readFeed(ports, admin, query)).data.map(({ id }) => id)).toEqual(["evt_1", "evt_2", "evt_3"])
  })
})

test("so it does after a cursor that was handed out while nothing happened", async () => {
  const { dir } = await embeddedDir()
  let after = ""
  await life(dir, noon, async ({ ports }) => {
    await tick(ports, newTickMemory())
    after = (await readFeed(ports, admin, query)).next
  })
  await life(dir, noon - 2 * hour, async ({ ports }) => {
    await announceEvents(ports, [received(1)])
    expect((await readFeed(ports, admin, { ...query, after })).data.map(({ id }) => id)).toEqual(["evt_1"])
  })
})

test("a clock that went on gives events its own times", async () => {
  const { dir } = await embeddedDir()
  await life(dir, noon, async ({ ports }) => {
    await tick(ports, newTickMemory())
    await announceEvents(ports, [received(1)])
  })
  await life(dir, noon + 10_000, async ({ ports }) => {
    await announceEvents(ports, [received(2)])
    const { data } = await readFeed(ports, admin, query)
    expect(data.map(({ timestamp }) => Date.parse(timestamp))).toEqual([noon, noon + 10_000])
  })
})
