import { RelayError } from "@postrider/core/error/relay-error"
import type { RecordStore } from "@postrider/core/ports/record-store"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type AwsStandIns, startAwsStandIns } from "../../../support/aws-stand-ins.ts"
import { type AwsWorld, openAwsWorld } from "../../../support/aws-world.ts"

let standIns: AwsStandIns
let world: AwsWorld
let records: RecordStore
beforeAll(async () => {
  standIns = await startAwsStandIns()
})
afterAll(() => standIns.stop())
beforeEach(async () => {
  world = await openAwsWorld(standIns)
  records = world.engine.records
})
afterEach(() => world.close())

const lose = (operation: string) => world.proxy.fault({ service: "dynamodb", operation, kind: "lost_answer" })

describe("when DynamoDB writes but its answer is lost", () => {
  it("a creation has won, once", async () => {
    lose("PutItem")
    expect(await records.put({ id: "out#a", body: 1 }, { absent: true })).toEqual({ won: true, v: 1 })
    expect(world.proxy.use().requests["dynamodb PutItem"]).toBe(2)
    expect(await records.put({ id: "out#a", body: 2 }, { absent: true })).toMatchObject({ won: false })
  })

  it("a creation that somebody else won is lost", async () => {
    await records.put({ id: "out#a", body: "theirs" }, { absent: true })
    lose("PutItem")
    const put = await records.put({ id: "out#a", body: "ours" }, { absent: true })
    expect(put).toMatchObject({ won: false, current: { body: "theirs" } })
  })

  it("a put by version has won, with the next version", async () => {
    await records.put({ id: "out#a", body: 1 })
    lose("PutItem")
    expect(await records.put({ id: "out#a", body: 2 }, { version: 1 })).toEqual({ won: true, v: 2 })
    expect(await records.get("out#a")).toEqual({ id: "out#a", v: 2, body: 2 })
  })

  it("a put without condition is one write", async () => {
    await records.put({ id: "out#a", body: 1 })
    lose("UpdateItem")
    expect(await records.put({ id: "out#a", body: 2 })).toEqual({ won: true, v: 2 })
    expect((await records.get("out#a"))?.v).toBe(2)
  })

  it("an add counts once, under a ceiling too", async () => {
    await records.add("cap#a", "n", 1)
    lose("UpdateItem")
    expect(await records.add("cap#a", "n", 5)).toEqual({ won: true, value: 6 })
    lose("UpdateItem")
    expect(await records.add("cap#a", "n", 4, { ceiling: 10 })).toEqual({ won: true, value: 10 })
    expect((await records.get("cap#a"))?.body).toEqual({ n: 10 })
  })

  it("a delete by version has won", async () => {
    await records.put({ id: "out#a", body: 1 })
    lose("DeleteItem")
    expect(await records.delete("out#a", { version: 1 })).toEqual({ won: true })
    expect(await records.delete("out#a", { version: 1 })).toEqual({ won: false })
  })
})

describe("when DynamoDB is busy", () => {
  it("every call tries again and succeeds", async () => {
    const entry = { id: "out#a", body: 1, index: { owner: { part: "p", sort: "s" } } }
    await records.put(entry)
    world.proxy.use()
    for (const operation of ["PutItem", "GetItem", "Query", "BatchGetItem", "UpdateItem", "DeleteItem"]) {
      world.proxy.fault({ service: "dynamodb", operation, kind: "throttle" })
    }
    const [put, got, page, sum, gone] = await Promise.all([
      records.put({ id: "out#b", body: 1 }, { absent: true }),
      records.get("out#a"),
      records.query("owner", "p", { limit: 1, order: "asc" }),
      records.add("cap#a", "n", 1),
      records.delete("out#c"),
    ])
    expect(put.won).toBe(true)
    expect(got).toBeDefined()
    expect(page.records).toHaveLength(1)
    expect(sum).toEqual({ won: true, value: 1 })
    expect(gone).toEqual({ won: true })
    expect(world.proxy.use().requests).toMatchObject({ "dynamodb PutItem": 2, "dynamodb BatchGetItem": 2 })
  })

  it("keys it left unread are read again, each record once", async () => {
    const ids = Array.from({ length: 5 }, (_, n) => `out#${n}`)
    for (const id of ids) await records.put({ id, body: id })
    world.proxy.fault({ service: "dynamodb", operation: "BatchGetItem", kind: "partly", times: 3 })
    const found = await records.getMany([...ids, "out#missing"])
    expect(found.map(({ id }) => id).sort()).toEqual(ids)
  })

  it("for long, the fault is `overloaded`, says when to come back, and no error of AWS is shown", async () => {
    const fault = (operation: string, kind: "throttle" | "broken" | "lost_answer") =>
      world.proxy.fault({ service: "dynamodb", operation, kind, times: 100 })
    fault("GetItem", "throttle")
    fault("PutItem", "broken")
    fault("Query", "lost_answer")
    const calls = await Promise.allSettled([
      records.get("out#a"),
      records.put({ id: "out#a", body: 1 }, { absent: true }),
      records.query("owner", "p", { limit: 1, order: "asc" }),
    ])
    for (const call of calls) {
      if (call.status === "fulfilled") throw new Error("not refused")
      expect(call.reason).toBeInstanceOf(RelayError)
      expect(call.reason).toMatchObject({ code: "overloaded", options: { retryAfterMs: expect.any(Number) } })
    }
  })
})

describe("when indexes lag", () => {
  it("a record that was deleted or moved away is not shown where it was", async () => {
    const at = (part: string) => ({ index: { due: { part, sort: "1" } } })
    world.proxy.lag(60_000)
    for (const id of ["wait#moves", "wait#goes", "wait#stays"]) await records.put({ id, body: 1, ...at("minute 1") })
    standIns.advance(60_000)
    await records.put({ id: "wait#moves", body: 2, ...at("minute 2") })
    await records.delete("wait#goes")
    const ids = async (part: string) =>
      (await records.query("due", part, { limit: 10, order: "asc" })).records.map(({ id }) => id)
    expect(await ids("minute 1")).toEqual(["wait#stays"])
    expect(await ids("minute 2")).toEqual([])
    standIns.advance(60_000)
    expect(await ids("minute 2")).toEqual(["wait#moves"])
  })

  it("a page that vanished in part is short and says where it goes on", async () => {
    world.proxy.lag(60_000)
    for (const n of [1, 2, 3, 4]) {
      await records.put({ id: `x#${n}`, body: n, index: { owner: { part: "p", sort: String(n) } } })
    }
    standIns.advance(60_000)
    await records.delete("x#2")
    const first = await records.query("owner", "p", { limit: 2, order: "asc" })
    expect(first.records.map(({ id }) => id)).toEqual(["x#1"])
    const second = await records.query("owner", "p", { limit: 2, order: "asc", after: first.next ?? "" })
    expect(second.records.map(({ id }) => id)).toEqual(["x#3", "x#4"])
    expect(second.next).toBeUndefined()
  })
})

it("a counter may be put as a record and a record counted on", async () => {
  await records.put({ id: "stat#a", body: { n: 5, name: "x" } })
  expect(await records.add("stat#a", "n", 2)).toEqual({ won: true, value: 7 })
  await records.add("stat#b", "n", 1)
  expect(await records.put({ id: "stat#b", body: { m: 1 } })).toEqual({ won: true, v: 2 })
  expect((await records.get("stat#b"))?.body).toEqual({ m: 1 })
  expect(await records.put({ id: "stat#b", body: { m: 2 } }, { version: 2 })).toEqual({ won: true, v: 3 })
})

it("an id that no record can have is missing, not an error", async () => {
  for (const id of ["", "x".repeat(600), "out#\ud800"]) {
    expect(await records.get(id)).toBeUndefined()
    expect(await records.getMany([id])).toEqual([])
  }
})

it("sort and id that are too long for an index together are refused", async () => {
  const put = records.put({ id: "x".repeat(500), body: 1, index: { owner: { part: "p", sort: "s".repeat(600) } } })
  await expect(put).rejects.toMatchObject({ code: "internal" })
})

it("a closed engine refuses with `not_ready`, and closing twice is fine", async () => {
  await world.engine.close()
  await world.engine.close()
  await expect(records.get("out#a")).rejects.toMatchObject({ code: "not_ready" })
  await expect(world.engine.content.get("a")).rejects.toMatchObject({ code: "not_ready" })
  await expect(world.engine.jobs.depth("poll")).rejects.toMatchObject({ code: "not_ready" })
})
