import { announceEvents } from "@postrider/core/event/announce-events"
import type { NewEvent } from "@postrider/core/event/event"
import { parseJob } from "@postrider/core/job/parse-job"
import { deliverEvent } from "@postrider/core/webhook/deliver-event"
import { createInFlight } from "@postrider/core/webhook/in-flight"
import type { TestApp } from "../../support/test-app.ts"

export function received(n: number | string, changes: Partial<NewEvent> = {}): NewEvent {
  const data = { id: `in_${n}`, text: `mail ${n}`, html: "<p></p>" }
  const about = { account: "acme", tenant: null, test: false, sequence: String(n), mailbox: "INBOX" }
  return { id: `evt_${n}`, type: "message.received", ...about, data, ...changes }
}

export function announce(app: TestApp, ...events: NewEvent[]): Promise<void> {
  return announceEvents(app.ports, events)
}

/** Runs the webhook jobs whose time has come, as a worker does. */
export async function work(app: TestApp): Promise<void> {
  const ports = { ...app.ports, inFlight: createInFlight() }
  for (;;) {
    const options = { max: 10, waitMs: 0, visibilityMs: 60_000, maxReceives: 5 }
    const taken = await app.engine.source.receive("webhook", options)
    if (taken.length === 0) return
    for (const one of taken) {
      const job = parseJob(one.body)
      if (job?.type !== "deliver_event.v1") throw new Error("no webhook job")
      await one.settle(await deliverEvent(ports, job, { receives: one.receives }))
    }
  }
}
