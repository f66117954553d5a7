import { announceEvents } from "@postrider/core/event/announce-events"
import type { WebhookAttempt } from "@postrider/core/webhook/endpoint"
import { listAttempts } from "@postrider/core/webhook/list-attempts"
import { attemptDelaysMs, delayAfter, nextSeries, scheduleStep } from "@postrider/core/webhook/schedule"
import { expect, test } from "vitest"
import { admin, answered, createWorld, hour, minute, received } from "./world.ts"

test("the schedule is ten attempts over 75 h 35 min 5 s", () => {
  expect(attemptDelaysMs).toHaveLength(10)
  expect(attemptDelaysMs.reduce((sum, delay) => sum + delay, 0)).toBe(((75 * 60 + 35) * 60 + 5) * 1000)
})

test("every delay varies by a fifth and no more", () => {
  for (const [step, delay] of attemptDelaysMs.entries()) {
    if (step === 0) continue
    expect(delayAfter(step, 0)).toBe(Math.round(delay * 0.8))
    expect(delayAfter(step, 0.5)).toBe(delay)
    expect(delayAfter(step, 0.999_999_999)).toBeLessThanOrEqual(delay * 1.2)
  }
  expect(delayAfter(10, 0.5)).toBeUndefined()
})

test("an event that is sent anew begins a schedule of its own", () => {
  expect([1, 3, 10, 101, 110].map(nextSeries)).toEqual([101, 101, 101, 201, 201])
  expect([1, 10, 101, 110].map(scheduleStep)).toEqual([1, 10, 1, 10])
  expect(delayAfter(101, 0.5)).toBe(delayAfter(1, 0.5))
  expect(delayAfter(110, 0.5)).toBeUndefined()
})

test("an endpoint that never answers gets ten attempts over 75 hours, the same bytes under one id, and then a notice is made", async () => {
  const { ports, posted, endpoint, work, pass, world } = createWorld()
  world.answer = ({ request }) => answered(request.url.includes("deaf") ? 500 : 200)
  await endpoint("deaf")
  await endpoint("watch", { types: ["event.undelivered"] })
  await announceEvents(ports, [received(1)])
  await work()
  await pass(95 * hour)

  const tries = posted.filter(({ request }) => request.id === "evt_1")
  expect(tries).toHaveLength(10)
  expect(new Set(tries.map(({ body }) => body)).size).toBe(1)
  expect(tries.map(({ request }) => request.headers["webhook-attempt"])).toEqual(
    Array.from({ length: 10 }, (_, n) => String(n + 1)),
  )
  for (const [n, { at }] of tries.entries()) {
    const before = tries[n - 1]
    if (before === undefined) continue
    const nominal = attemptDelaysMs[n] ?? Number.NaN
    expect(at - before.at).toBeGreaterThanOrEqual(nominal * 0.8)
    expect(at - before.at).toBeLessThanOrEqual(nominal * 1.2 + 2 * minute)
  }
  const { data } = await listAttempts(ports, admin, { id: "deaf", limit: 100 })
  expect(data.map((attempt: WebhookAttempt) => attempt.attempt)).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1])
  expect(data[0]?.next_attempt_at).toBeNull()
  const notices = posted.filter(({ request }) => request.url.includes("watch"))
  expect(notices.map(({ body }) => JSON.parse(body))).toMatchObject([
    { type: "event.undelivered", data: { id: "deaf", event: "evt_1", attempts: 10 } },
  ])
})
