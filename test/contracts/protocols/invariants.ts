import { type AccountRecord, accountRecordId } from "@postrider/core/account/account"
import { type PlanRecord, planOf, planRecordId } from "@postrider/core/account/plan"
import type { EventRecord } from "@postrider/core/event/event"
import { matchesEndpoint } from "@postrider/core/event/match-endpoint"
import { queueNames } from "@postrider/core/job/job"
import { settledStatuses } from "@postrider/core/outbound/message"
import { unpackOutbound } from "@postrider/core/outbound/pack-record"
import type { StoredRecord } from "@postrider/core/ports/record-store"
import type { EndpointRecord } from "@postrider/core/webhook/endpoint"
import { type EndpointList, endpointListId, filterOf } from "@postrider/core/webhook/endpoint-list"
import { createIds } from "@postrider/runtime/ids"
import { expect } from "vitest"
import type { Stage } from "./stage.ts"

/** What holds once everything has come to rest, whatever happened before. */
export async function expectWhole(stage: Stage): Promise<void> {
  await expectNothingInQueues(stage)
  const records = await stage.engine.records.getMany([...stage.written])
  expectNoMessageWaits(records)
  expectNoWaits(records)
  expectEndpointsListed(records)
  expectPlansFit(stage, records)
  expectEveryEventPosted(stage, records)
}

async function expectNothingInQueues(stage: Stage): Promise<void> {
  for (const queue of queueNames) {
    const depth = await stage.engine.jobs.depth(queue)
    expect(depth, `jobs in ${queue}`).toEqual({ waiting: 0, delayed: 0, running: 0, dead: 0 })
  }
}

/** Every message came to its end or is held by somebody's wish; none is left in the hand of a run that is gone. */
function expectNoMessageWaits(records: StoredRecord[]): void {
  for (const record of ofKind(records, "out#")) {
    const { message, claim, due } = unpackOutbound(record)
    const resting = settledStatuses.has(message.status) || message.status === "held"
    expect({ id: message.id, resting, status: message.status, claim, due, pending: message.pending_action }).toEqual({
      id: message.id,
      resting: true,
      status: message.status,
      claim: null,
      due: null,
      pending: null,
    })
  }
}

function expectNoWaits(records: StoredRecord[]): void {
  expect(records.filter(({ index }) => index?.due !== undefined).map(({ id }) => id)).toEqual([])
  const parked = ofKind(records, "wait#").map(({ id }) => id)
  const disabled = bodies<EndpointRecord>(records, "ep#").filter(({ state }) => state === "disabled")
  expect(parked.filter((id) => !disabled.some((endpoint) => id.startsWith(`wait#${endpoint.id}#`)))).toEqual([])
}

function expectEndpointsListed(records: StoredRecord[]): void {
  const list = records.find(({ id }) => id === endpointListId)?.body as unknown as EndpointList | undefined
  const listed = (list?.endpoints ?? []).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  const wanted = bodies<EndpointRecord>(records, "ep#")
    .map(filterOf)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
  expect(listed, "filters of all endpoints").toEqual(wanted)
}

function expectPlansFit(stage: Stage, records: StoredRecord[]): void {
  const ids = createIds({ clock: { now: stage.harness.now } })
  const plans = new Map(bodies<PlanRecord>(records, "plan#").map((plan) => [planRecordId(plan.account), plan]))
  const wanted = bodies<AccountRecord>(records, accountRecordId("")).flatMap((account) => planOf(ids, account) ?? [])
  expect([...plans.values()].map(({ account }) => account).sort()).toEqual(wanted.map(({ account }) => account).sort())
  for (const plan of wanted) expect(plans.get(planRecordId(plan.account))).toEqual(plan)
}

/** At least once, always with the same bytes under one id, and nothing that is not in the log. */
function expectEveryEventPosted(stage: Stage, records: StoredRecord[]): void {
  const endpoints = bodies<EndpointRecord>(records, "ep#").filter(({ state }) => state !== "disabled")
  const events = bodies<EventRecord>(records, "evt#")
  for (const endpoint of endpoints) {
    const posted = stage.posted.filter(({ url }) => url === endpoint.settings.url)
    for (const event of events) {
      if (!matchesEndpoint(event, filterOf(endpoint)) || event.timestamp < endpoint.created_at) continue
      const texts = posted.filter(({ id }) => id === event.id).map(({ body }) => body)
      expect(texts.length, `${event.type} ${event.id} at ${endpoint.id}`).toBeGreaterThan(0)
      expect(new Set(texts).size, `bytes of ${event.id} at ${endpoint.id}`).toBe(1)
    }
  }
  const known = new Set(events.map(({ id }) => id))
  expect(stage.posted.filter(({ id }) => !known.has(id)).map(({ id }) => id)).toEqual([])
}

function ofKind(records: StoredRecord[], prefix: string): StoredRecord[] {
  return records.filter(({ id }) => id.startsWith(prefix))
}

function bodies<B>(records: StoredRecord[], prefix: string): B[] {
  return ofKind(records, prefix).map(({ body }) => body as B)
}
