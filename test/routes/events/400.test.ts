import { encodeCursor } from "@postrider/api/cursor"
import { expect, test } from "vitest"
import { createHookApp } from "../endpoints/hooks.ts"

test.each(["wait=21", "wait=-1", "limit=0", "limit=101", "since=yesterday", "body=raw", "test=1", "colour=red"])(
  "%s is refused",
  async (query) => {
    const { request } = createHookApp()
    const answer = await request("GET", `/v1/events?${query}`)
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_request" } })
    expect(answer.body.errors[0].parameter).toBe(query.split("=")[0])
  },
)

test("a cursor of other filters, a damaged one and one that is no position are refused", async () => {
  const { request, ports } = createHookApp()
  const { body } = await request("GET", "/v1/events?types=message.sent")
  const forged = encodeCursor(ports.ids, { path: "/v1/events", test: false }, "no position")
  for (const cursor of [body.next_cursor, "AAAA", forged]) {
    const answer = await request("GET", `/v1/events?cursor=${cursor}`)
    expect(answer).toMatchObject({ status: 400, body: { code: "invalid_cursor" } })
  }
})
