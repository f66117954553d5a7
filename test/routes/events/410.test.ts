import { expect, test } from "vitest"
import { createHookApp } from "../endpoints/hooks.ts"

test("a cursor older than events are kept tells where they begin", async () => {
  const app = createHookApp()
  const { body } = await app.request("GET", "/v1/events")
  await app.clock.advance(31 * 86_400_000)
  const answer = await app.request("GET", `/v1/events?cursor=${body.next_cursor}`)
  expect(answer).toMatchObject({ status: 410, body: { code: "cursor_expired" } })
  expect(answer.body.first_event).toBe(new Date(app.clock.now() - 30 * 86_400_000).toISOString())
})
