import { describe, expect, it } from "vitest"
import { createTestApp, type TestApp } from "../../support/test-app.ts"

const body = { name: "app", scopes: ["messages:send"] }
const keyed = (key: string): Record<string, string> => ({ "Idempotency-Key": key })
const post = (app: TestApp, json: unknown, key: string) =>
  app.request("POST", "/v1/keys", { json, headers: keyed(key) })
const count = async (app: TestApp): Promise<number> => (await app.request("GET", "/v1/keys")).body.data.length

describe("a POST with an Idempotency-Key is done once", () => {
  it("the same body, as parsed JSON, gets the stored answer and says so", async () => {
    const app = createTestApp()
    const first = await post(app, body, "k1")
    const text = '{ "scopes": ["messages:send"],\n "name": "\\u0061pp" }'
    const headers = { ...keyed('"k1"'), "Content-Type": "application/json" }
    const again = await app.request("POST", "/v1/keys", { text, headers })
    expect([again.status, again.text]).toEqual([201, first.text])
    expect(again.headers.get("idempotent-replayed")).toBe("true")
    expect(first.headers.get("idempotent-replayed")).toBe(null)
    expect(again.headers.get("location")).toBe(first.headers.get("location"))
    expect(await count(app)).toBe(1)
  })

  it("another body, or another query, is 422 idempotency_mismatch and does nothing", async () => {
    const app = createTestApp()
    await post(app, body, "k1")
    const other = await post(app, { ...body, name: "other" }, "k1")
    expect([other.status, other.body.code]).toEqual([422, "idempotency_mismatch"])
    expect(await count(app)).toBe(1)
  })

  it("the same key on another route, or of another API key, is another request", async () => {
    const app = createTestApp()
    const made = await post(app, body, "k1")
    const rotate = { json: {}, headers: keyed("k1") }
    expect((await app.request("POST", `/v1/keys/${made.body.id}/rotate`, rotate)).status).toBe(200)
    const other = await app.key({ name: "second administrator" })
    const theirs = await app.request("POST", "/v1/keys", { key: other, json: body, headers: keyed("k1") })
    expect(theirs.status).toBe(201)
    expect(theirs.body.id).not.toBe(made.body.id)
  })

  it("of two at once one is done, the other is told to wait", async () => {
    const app = createTestApp()
    const answers = await Promise.all([post(app, body, "k1"), post(app, body, "k1")])
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409])
    const waiting = answers.find(({ status }) => status === 409)
    expect(waiting?.body.code).toBe("idempotency_in_progress")
    expect(waiting?.headers.get("retry-after")).toBe("1")
    expect(await count(app)).toBe(1)
  })

  it("after a refusal the mended request may use the key again", async () => {
    const app = createTestApp()
    await app.request("POST", "/v1/keys", { json: { ...body, id: "taken" } })
    expect((await post(app, { ...body, id: "taken" }, "k1")).status).toBe(409)
    expect((await post(app, { ...body, id: "free" }, "k1")).status).toBe(201)
  })

  it("after a 503 the same request runs again, another one does not", async () => {
    const app = createTestApp()
    const { put } = app.ports.records
    app.ports.records.put = async (record, when) => {
      if (record.id.startsWith("keyid#"))
        throw new (await import("@postrider/core/error/relay-error")).RelayError("overloaded", "Busy.")
      return put(record, when)
    }
    expect((await post(app, body, "k1")).status).toBe(503)
    app.ports.records.put = put
    expect((await post(app, { ...body, name: "other" }, "k1")).body.code).toBe("idempotency_mismatch")
    expect((await post(app, body, "k1")).status).toBe(201)
  })

  it("a request that was cut off makes way after two minutes", async () => {
    const app = createTestApp()
    const made = await post(app, body, "k1")
    expect(made.status).toBe(201)
    const id = await onlyIdem(app)
    const stored = await app.ports.records.get<{ state: string; until: number }>(id)
    await app.ports.records.put({ id, body: { ...stored?.body, state: "running", until: app.clock.now() + 120_000 } })
    expect((await post(app, body, "k1")).status).toBe(409)
    await app.clock.advance(120_001)
    expect((await post(app, body, "k1")).status).toBe(201)
  })

  it("the stored answer is sealed: the key it shows once cannot be read from the store", async () => {
    const app = createTestApp()
    const made = await post(app, body, "k1")
    const stored = await app.ports.records.get(await onlyIdem(app))
    expect(JSON.stringify(stored)).not.toContain(made.body.key)
    expect(JSON.stringify(stored)).not.toContain("pr_live_")
  })

  it("the answer is kept for a day and more", async () => {
    const app = createTestApp()
    const first = await post(app, body, "k1")
    await app.clock.advance(24 * 3_600_000 + 1000)
    expect((await post(app, body, "k1")).body.id).toBe(first.body.id)
  })
})

/** Id of the one stored answer, as the API derives it. */
async function onlyIdem(app: TestApp): Promise<string> {
  const id = `idem#${app.ports.ids.digest(JSON.stringify(["#admin", "/v1/keys", "k1"]))}`
  expect(await app.ports.records.get(id)).toBeDefined()
  return id
}
