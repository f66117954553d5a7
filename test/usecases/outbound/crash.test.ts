import { unpackOutbound } from "@postrider/core/outbound/pack-record"
import { outboundRecordId } from "@postrider/core/outbound/state"
import { describe, expect, it } from "vitest"
import type { EngineUnderTest } from "../../contracts/engine-contract.ts"
import { embedded, lagging, memory } from "../../support/engines-under-test.ts"
import { loggedEvents, settle, startLife } from "../../support/outbound-world.ts"
import { createPostboxSender } from "../../support/postbox-sender.ts"

const engines: [string, EngineUnderTest][] = [
  ["memory", memory],
  ["memory with lagging indexes", lagging],
  ["embedded", embedded],
]

/** More than the flow has calls: the run without a death tells how many there are. */
const tooMany = 40

describe.each(engines)("accept and deliver on %s, the process dying at every step", (_name, engineUnderTest) => {
  for (const moment of ["before", "after"] as const) {
    it(`loses no accepted message when a call dies ${moment} its effect`, async () => {
      let deaths = 0
      for (let n = 1; n <= tooMany; n++) {
        const seen = await liveAndDie(engineUnderTest, { n, moment })
        if (!seen.died) break
        deaths++
        // The caller got a 202: the mail went out, the message says so, and the event stands in the log.
        if (seen.accepted) expect({ n, ...seen }).toMatchObject({ status: "sent", events: ["message.sent"] })
        if (seen.accepted) expect(seen.taken, `copies when dying at call ${n}`).toBeGreaterThanOrEqual(1)
        // A copy more only where the mail had left and its outcome was not yet written.
        if (seen.taken > 1) expect(seen.diedBetweenDotAndOutcome, `a second copy when dying at call ${n}`).toBe(true)
        expect(seen.taken).toBeLessThanOrEqual(2)
      }
      expect(deaths).toBeGreaterThan(5)
    })
  }
})

async function liveAndDie(engineUnderTest: EngineUnderTest, death: { n: number; moment: "before" | "after" }) {
  const harness = await engineUnderTest.open()
  try {
    const clock = { now: harness.now, sleep: () => Promise.resolve() }
    const sender = createPostboxSender()
    const options = { engine: harness.engine, clock, sender }
    await settle(harness.engine)
    const first = startLife({ ...options, death })
    let id: string | undefined
    let died = false
    let callsAtTaking = 0
    sender.beforeAnswer = () => {
      if (!died) callsAtTaking = first.mortality.calls
    }
    try {
      id = (await first.send({}, "key-1")).message.id
      await first.drain()
    } catch (error) {
      if (!first.mortality.dead) throw error
      died = true
    }
    const accepted = id !== undefined
    const second = startLife(options)
    // Whoever got no answer repeats the request with its key.
    id ??= (await second.send({}, "key-1")).message.id
    for (let minutes = 0; minutes < 240; minutes += 4) {
      await harness.advance(4 * 60_000)
      await second.tick()
      await second.drain()
    }
    const record = await harness.engine.records.get(outboundRecordId(id))
    const { message } = unpackOutbound(record ?? { body: null })
    const eventId = second.ports.ids.derive("evt", id, "message.sent", String(message.attempts))
    const events = (await loggedEvents(harness.engine, [eventId])).map((event) => event.type)
    return {
      died,
      accepted,
      status: message.status,
      events,
      taken: sender.taken.length,
      // Writing the outcome is the first call after the server took the mail.
      diedBetweenDotAndOutcome: callsAtTaking > 0 && death.n === callsAtTaking + 1,
    }
  } finally {
    await harness.close()
  }
}
