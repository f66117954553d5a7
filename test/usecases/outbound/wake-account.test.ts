import { type AccountRecord, accountRecordId } from "@postrider/core/account/account"
import { resumeAccount } from "@postrider/core/account/resume-account"
import { unpackOutbound } from "@postrider/core/outbound/pack-record"
import { outboundRecordId } from "@postrider/core/outbound/state"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { describe, expect, it } from "vitest"
import { createManualClock } from "../../support/manual-clock.ts"
import { accountRecord, operator, settle, startLife } from "../../support/outbound-world.ts"
import { createPostboxSender } from "../../support/postbox-sender.ts"

describe("wakeAccount", () => {
  it("F3: resuming a route whose login was refused sends the mail that waited for it at once, and no other twice", async () => {
    const clock = createManualClock()
    const engine = createMemoryEngine({ clock })
    const sender = createPostboxSender()
    const life = startLife({ engine, clock, sender })
    await settle(engine)
    await life.send()
    await life.drain()
    const rests = { state: "auth_failed", paused: false, retryAt: clock.now() + 6 * 3_600_000, consecutive_failures: 5 }
    const body = { ...accountRecord(), status: { "smtp:main": { ...rests, last_error: null, everOk: true } } }
    await engine.records.put({ id: accountRecordId("ada"), body: body as unknown as AccountRecord })
    const waiting = await Promise.all(Array.from({ length: 150 }, () => life.send()))
    await life.drain()
    expect(sender.sends).toBe(1)

    await resumeAccount(life.ports, operator, { id: "ada", parts: ["smtp"] })
    await life.drain()
    expect(sender.sends).toBe(151)
    for (const { message } of waiting) {
      const record = await engine.records.get(outboundRecordId(message.id))
      expect(unpackOutbound(record ?? { body: null }).message.status).toBe("sent")
    }
  })
})
