import { type IndexName, indexNames } from "@postrider/core/ports/record-store"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { deliver } from "../../../contracts/job-queue-steps.ts"
import { type AwsUse, dollarsPerMillion } from "../../../support/aws-ledger.ts"
import { type AwsStandIns, startAwsStandIns } from "../../../support/aws-stand-ins.ts"
import { type AwsWorld, openAwsWorld } from "../../../support/aws-world.ts"

let standIns: AwsStandIns
let world: AwsWorld
beforeAll(async () => {
  standIns = await startAwsStandIns()
})
afterAll(() => standIns.stop())
beforeEach(async () => {
  world = await openAwsWorld(standIns)
})
afterEach(() => world.close())

/** What one call uses of AWS. */
async function useOf(call: () => Promise<unknown>): Promise<AwsUse> {
  world.proxy.use()
  await call()
  return world.proxy.use()
}

function use(requests: Record<string, number>, units: Partial<AwsUse> = {}): AwsUse {
  return { requests, writeUnits: 0, readUnits: 0, queueUnits: 0, ...units }
}

const kilobyte = "x".repeat(1024)
const entry = (sort = "s") => ({ part: "p", sort })
const allIndexes = () =>
  Object.fromEntries(indexNames.map((name) => [name, entry()])) as Record<IndexName, ReturnType<typeof entry>>

describe("of DynamoDB is used", () => {
  it("by a creation: one request, a write unit for each KB and one for each index", async () => {
    const { records } = world.engine
    const put = (record: Parameters<typeof records.put>[0]) => useOf(() => records.put(record, { absent: true }))
    expect(await put({ id: "a", body: 1 })).toEqual(use({ "dynamodb PutItem": 1 }, { writeUnits: 1 }))
    expect(await put({ id: "b", body: 1, index: allIndexes() })).toEqual(
      use({ "dynamodb PutItem": 1 }, { writeUnits: 6 }),
    )
    expect(await put({ id: "c", body: kilobyte })).toEqual(use({ "dynamodb PutItem": 1 }, { writeUnits: 2 }))
  })

  it("by an update: nothing for an index whose entry stays, two units for one that moves, one for one that goes", async () => {
    const { records } = world.engine
    await records.put({ id: "a", body: 1, index: allIndexes() })
    const update = (index: ReturnType<typeof allIndexes> | object, v: number) =>
      useOf(() => records.put({ id: "a", body: 2, index }, { version: v }))
    expect(await update(allIndexes(), 1)).toEqual(use({ "dynamodb PutItem": 1 }, { writeUnits: 1 }))
    expect(await update({ ...allIndexes(), due: entry("later") }, 2)).toEqual(
      use({ "dynamodb PutItem": 1 }, { writeUnits: 3 }),
    )
    const { due: _, ...others } = allIndexes()
    expect(await update(others, 3)).toEqual(use({ "dynamodb PutItem": 1 }, { writeUnits: 2 }))
    expect(await useOf(() => records.put({ id: "a", body: 3, index: others }))).toEqual(
      use({ "dynamodb UpdateItem": 1 }, { writeUnits: 1 }),
    )
  })

  it("by a lost race: one write unit, and the winner comes with the refusal or by one read", async () => {
    const { records } = world.engine
    await records.put({ id: "a", body: 1 })
    const lost = await useOf(() => records.put({ id: "a", body: 2 }, { absent: true }))
    // dynalite does not show the item that was in the way, as DynamoDB does.
    expect(lost).toEqual(use({ "dynamodb PutItem": 1, "dynamodb GetItem": 1 }, { writeUnits: 1, readUnits: 1 }))
  })

  it("by an add: one request, one write unit, whether the counter is there or not", async () => {
    const { records } = world.engine
    const add = () => useOf(() => records.add("rate#a", "n", 1, { ceiling: 10, expiresAt: Date.now() + 60_000 }))
    expect(await add()).toEqual(use({ "dynamodb UpdateItem": 1 }, { writeUnits: 1 }))
    expect(await add()).toEqual(use({ "dynamodb UpdateItem": 1 }, { writeUnits: 1 }))
  })

  it("by reads: one unit a record of up to 4 KB, a hundred records a request", async () => {
    const { records } = world.engine
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => records.put({ id: `a#${n}`, body: n, index: { owner: entry(String(n)) } })),
    )
    const ids = Array.from({ length: 120 }, (_, n) => `a#${n}`)
    expect(await useOf(() => records.get("a#1"))).toEqual(use({ "dynamodb GetItem": 1 }, { readUnits: 1 }))
    expect(await useOf(() => records.getMany(ids))).toEqual(use({ "dynamodb BatchGetItem": 2 }, { readUnits: 120 }))
    const page = await useOf(() => records.query("owner", "p", { limit: 10, order: "desc" }))
    expect(page).toEqual(use({ "dynamodb Query": 1, "dynamodb BatchGetItem": 1 }, { readUnits: 10.5 }))
    const none = await useOf(() => records.query("owner", "nobody", { limit: 10, order: "desc" }))
    expect(none).toEqual(use({ "dynamodb Query": 1 }, { readUnits: 0.5 }))
  })
})

describe("of SQS is used", () => {
  it("by ten jobs: one request to send them, one to receive them, and one each to settle them", async () => {
    const { jobs, source } = world.engine
    const sent = await useOf(() => jobs.send(Array.from({ length: 10 }, (_, n) => ({ job: deliver(`out_${n}`) }))))
    expect(sent).toEqual(use({ "sqs SendMessageBatch": 1 }, { queueUnits: 1 }))
    world.proxy.use()
    const received = await source.receive("outbound", { max: 10, waitMs: 0, visibilityMs: 30_000, maxReceives: 3 })
    expect(world.proxy.use()).toEqual(use({ "sqs ReceiveMessage": 1 }, { queueUnits: 1 }))
    const [done, retried, rejected] = received
    expect(await useOf(async () => done?.settle({ kind: "done" }))).toEqual(
      use({ "sqs DeleteMessage": 1 }, { queueUnits: 1 }),
    )
    expect(await useOf(async () => retried?.settle({ kind: "retry", delayMs: 1000 }))).toEqual(
      use({ "sqs ChangeMessageVisibility": 1 }, { queueUnits: 1 }),
    )
    const burial = {
      "sqs ChangeMessageVisibility": 1,
      "sqs GetQueueAttributes": 1,
      "sqs SendMessageBatch": 1,
      "sqs DeleteMessage": 1,
    }
    expect(await useOf(async () => rejected?.settle({ kind: "reject", why: "x" }))).toEqual(
      use(burial, { queueUnits: 4 }),
    )
  })
})

it("the stores' part of accepting and delivering a mail of 3 KB, at ten a job, costs less than 12 dollars a million", async () => {
  const { content, records, jobs } = world.engine
  const index = { owner: entry("1"), day: entry("1"), tenant: entry("1"), thread: entry("1") }
  const accept = await useOf(async () => {
    await content.put("outbound/acc_1/2026-01-01/out_1.x.json", Buffer.alloc(3000, "x"))
    await records.put({ id: "out#1", body: "x".repeat(400), index }, { absent: true })
  })
  const deliverOne = await useOf(async () => {
    await records.put({ id: "out#1", body: "x".repeat(450), index }, { version: 1 })
    await records.put({ id: "out#1", body: "x".repeat(600), index }, { version: 2 })
    await records.put({ id: "evt#1", body: "x".repeat(500), index: { day: entry("1") } }, { absent: true })
  })
  const queue = await useOf(() => jobs.send(Array.from({ length: 10 }, () => ({ job: deliver("out_1") }))))
  expect(accept).toEqual(use({ "s3 PutObject": 1, "dynamodb PutItem": 1 }, { writeUnits: 5 }))
  expect(deliverOne).toEqual(use({ "dynamodb PutItem": 3 }, { writeUnits: 4 }))
  const dollars = dollarsPerMillion(accept) + dollarsPerMillion(deliverOne) + dollarsPerMillion(queue) / 10
  expect(dollars).toBeLessThan(12)
})
