import type { PlanRecord } from "@postrider/core/account/plan"
import { describe, expect, it } from "vitest"
import { createTestApp, type TestApp } from "../../support/test-app.ts"
import { ada } from "./ada.ts"

const plan = async (app: TestApp): Promise<PlanRecord | undefined> =>
  (await app.ports.records.get<PlanRecord>("plan#ada"))?.body

/** Polls waiting on the queue, taken off it. */
async function polls(app: TestApp): Promise<unknown[]> {
  const options = { max: 10, waitMs: 0, visibilityMs: 1000, maxReceives: 5 }
  const jobs = await app.engine.source.receive("poll", options)
  await Promise.all(jobs.map((job) => job.settle({ kind: "done" })))
  return jobs.map(({ body }) => body)
}

const job = { type: "poll_accounts.v1", host: "imap.demo.test", accounts: ["ada"] }

describe("an account is polled from its creation on", () => {
  it("C1: creation sends a poll at once and plans the others", async () => {
    const app = createTestApp()
    await app.request("POST", "/v1/accounts", { json: ada })
    expect(await polls(app)).toEqual([job])
    expect(await plan(app)).toMatchObject({ account: "ada", host: "imap.demo.test", seconds: 60, phase: 0 })
    expect((await app.ports.records.get("cfg#plan"))?.body).toEqual({ seconds: [60] })
  })

  it("the plan is found by its interval and phase, and every phase lies within the interval", async () => {
    const app = createTestApp()
    for (let n = 0; n < 40; n++) {
      const imap = { ...ada.imap, poll_seconds: 330 }
      await app.request("PUT", `/v1/accounts/a${n}`, { json: { email: "a@demo.test", imap } })
      const stored = await app.ports.records.get<PlanRecord>(`plan#a${n}`)
      const { phase = -1, offsetMs = -1 } = stored?.body ?? {}
      expect(stored?.index?.owner).toEqual({ part: `330#${phase}`, sort: `a${n}` })
      expect(phase * 60_000 + offsetMs).toBeGreaterThanOrEqual(0)
      expect(phase * 60_000 + offsetMs).toBeLessThan(330_000)
    }
  })

  it("an account without intake is neither polled nor planned", async () => {
    const app = createTestApp()
    await app.request("POST", "/v1/accounts", { json: { ...ada, imap: null } })
    expect(await polls(app)).toEqual([])
    expect(await plan(app)).toBe(undefined)
  })

  it("the plan follows the interval and the host; names and metadata leave it alone", async () => {
    const app = createTestApp()
    await app.request("PUT", "/v1/accounts/ada", { json: ada })
    const first = await app.ports.records.get("plan#ada")
    await app.request("PATCH", "/v1/accounts/ada", { json: { name: "Ada" } })
    expect((await app.ports.records.get("plan#ada"))?.v).toBe(first?.v)
    await app.request("PATCH", "/v1/accounts/ada", { json: { imap: { poll_seconds: 5 } } })
    expect(await plan(app)).toMatchObject({ seconds: 5 })
    expect((await app.ports.records.get("cfg#plan"))?.body).toEqual({ seconds: [5, 60] })
  })

  it("pause ends it, resume begins it anew with a poll at once, delete ends it for good", async () => {
    const app = createTestApp()
    await app.request("PUT", "/v1/accounts/ada", { json: ada })
    await polls(app)
    const paused = await app.request("POST", "/v1/accounts/ada/pause", { json: { parts: ["imap"] } })
    expect(paused.body.imap.state).toBe("paused")
    expect(paused.body.state).toBe("connecting")
    expect(await plan(app)).toBe(undefined)
    const resumed = await app.request("POST", "/v1/accounts/ada/resume")
    expect(resumed.body.imap.state).toBe("connecting")
    expect(await polls(app)).toEqual([job])
    expect(await plan(app)).toBeDefined()
    expect((await app.request("DELETE", "/v1/accounts/ada")).status).toBe(204)
    expect(await app.ports.records.getMany(["plan#ada", "acc#ada"])).toEqual([])
  })

  it("all parts paused is an account that is paused; routes can be paused by name", async () => {
    const app = createTestApp()
    await app.request("PUT", "/v1/accounts/ada", { json: ada })
    const one = await app.request("POST", "/v1/accounts/ada/pause", { json: { parts: ["smtp:smtp.demo.test:465"] } })
    expect(one.body.smtp[0].state).toBe("paused")
    expect((await app.request("POST", "/v1/accounts/ada/pause")).body.state).toBe("paused")
  })

  it("POST poll sends one now", async () => {
    const app = createTestApp()
    await app.request("PUT", "/v1/accounts/ada", { json: ada })
    await polls(app)
    expect((await app.request("POST", "/v1/accounts/ada/poll")).status).toBe(202)
    expect(await polls(app)).toEqual([{ ...job, asked: true }])
  })

  it("a creation cut off before the account stands leaves none that is never polled", async () => {
    const app = createTestApp()
    const { put } = app.ports.records
    app.ports.records.put = (record, when) =>
      record.id === "plan#ada" ? Promise.reject(new Error("cut off")) : put(record, when)
    expect((await app.request("POST", "/v1/accounts", { json: ada })).status).toBe(500)
    expect(await app.ports.records.get("acc#ada")).toBe(undefined)
  })

  it("a PUT cut off after the account was written is mended by the same PUT", async () => {
    const app = createTestApp()
    await app.request("PUT", "/v1/accounts/ada", { json: ada })
    await app.ports.records.delete("plan#ada")
    expect((await app.request("PUT", "/v1/accounts/ada", { json: ada })).status).toBe(200)
    expect(await plan(app)).toBeDefined()
  })

  it("with the queue down the account is made all the same: its plan polls it", async () => {
    const app = createTestApp()
    app.ports.jobs.send = () => Promise.reject(new Error("queue down"))
    expect((await app.request("POST", "/v1/accounts", { json: ada })).status).toBe(201)
    expect(await plan(app)).toBeDefined()
  })
})
