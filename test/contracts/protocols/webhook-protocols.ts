import { announceEvents } from "@postrider/core/event/announce-events"
import { disableEndpoint } from "@postrider/core/webhook/disable-endpoint"
import { enableEndpoint } from "@postrider/core/webhook/enable-endpoint"
import { type EndpointRecord, endpointRecordId } from "@postrider/core/webhook/endpoint"
import { expect } from "vitest"
import { received } from "../../usecases/webhook/world.ts"
import { eventTypes } from "./messages.ts"
import { admin, answered, minute, type Stage } from "./stage.ts"
import type { Protocol } from "./strike-everywhere.ts"

const events = [received(1), received(2)]

async function withEndpoints(stage: Stage): Promise<void> {
  for (const id of ["one", "two"]) await stage.endpoint(id, { types: ["message.*", "endpoint.*"] })
}

/** Each receiver fails this often, then works. */
function failFirst(stage: Stage, times: number): void {
  let failures = 0
  stage.receive = () => answered(failures++ < times ? 500 : 200)
}

async function expectReceived(stage: Stage): Promise<void> {
  expect((await eventTypes(stage)).filter((type) => type === "message.received")).toHaveLength(events.length)
}

async function stateOf(stage: Stage, id: string): Promise<string | undefined> {
  return (await stage.engine.records.get<EndpointRecord>(endpointRecordId(id)))?.body.state
}

export const webhookProtocols: readonly Protocol[] = [
  {
    name: "Fan-out: every endpoint that wants an event gets it",
    prepare: withEndpoints,
    async act(life) {
      await announceEvents(life.ports, events)
      await life.work()
    },
    check: expectReceived,
    atLeast: 10,
  },
  {
    name: "Webhook: failed attempts come back, at last over the tick",
    prepare: async (stage) => {
      await stage.endpoint("one")
      failFirst(stage, 4)
    },
    async act(life, stage) {
      await announceEvents(life.ports, [received(1)])
      for (const wait of [0, 10_000, 6 * minute, 40 * minute]) {
        await stage.harness.advance(wait)
        await life.tick()
        await life.work()
      }
    },
    check: async (stage) => expect(await eventTypes(stage)).toContain("message.received"),
    atLeast: 15,
  },
  {
    name: "Webhook: 410 disables, and enabling brings what was missed",
    async prepare(stage) {
      await withEndpoints(stage)
      stage.receive = ({ url }) => answered(url.includes("//one.") ? 410 : 200)
    },
    async act(life) {
      await announceEvents(life.ports, events)
      await life.work()
    },
    async afterwards(life, stage) {
      expect(await stateOf(stage, "one")).toBe("disabled")
      stage.receive = () => answered(200)
      await enableEndpoint(life.ports, admin, "one")
    },
    async check(stage) {
      await expectReceived(stage)
      expect(await stage.events("endpoint.disabled")).toHaveLength(1)
    },
    atLeast: 15,
  },
  {
    name: "Webhook: enabling again, repeated late, loses nothing that came meanwhile",
    async prepare(stage) {
      await withEndpoints(stage)
      const { ports } = stage.life()
      for (const id of ["one", "two"]) await disableEndpoint(ports, admin, id)
      await announceEvents(ports, events)
    },
    async act(life) {
      for (const id of ["one", "two"]) await enableEndpoint(life.ports, admin, id)
      await life.work()
    },
    async repeat(life, stage) {
      await stage.harness.advance(10 * minute)
      await announceEvents(life.ports, [received(3)])
      await stage.harness.advance(10 * minute)
      for (const id of ["one", "two"]) await enableEndpoint(life.ports, admin, id)
    },
    check: async (stage) => expect((await stage.events("message.received")).length).toBeGreaterThanOrEqual(2),
    atLeast: 12,
  },
]
