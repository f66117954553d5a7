import type { LogFields } from "@postrider/core/ports/logger"
import { expect, it } from "vitest"
import { quietLogger } from "../../support/quiet-logger.ts"
import { createTestApp } from "../../support/test-app.ts"

it("what nobody expected is logged with its cause and answered without a word of it", async () => {
  const logged: { event: string; fields: LogFields | undefined; error: unknown }[] = []
  const log = {
    ...quietLogger,
    error: (event: string, fields?: LogFields, error?: unknown) => void logged.push({ event, fields, error }),
  }
  const app = createTestApp({ log })
  const cause = new Error("ECONNREFUSED 10.0.0.5:5432 password=hunter2")
  app.ports.records.query = () => Promise.reject(cause)
  const answer = await app.request("GET", "/v1/keys", { headers: { "X-Request-Id": "abc-123" } })
  expect(answer.status).toBe(500)
  expect(answer.body).toMatchObject({ code: "internal", request_id: "abc-123" })
  expect(answer.text).not.toMatch(/hunter2|ECONNREFUSED/)
  expect(logged).toHaveLength(1)
  expect(logged[0]?.fields).toMatchObject({ request_id: "abc-123", path: "/v1/keys" })
  expect(logged[0]?.error).toBe(cause)
})

it("a fault with a time to wait says Retry-After", async () => {
  const { RelayError } = await import("@postrider/core/error/relay-error")
  const app = createTestApp()
  app.ports.records.query = () => Promise.reject(new RelayError("overloaded", "Busy.", { retryAfterMs: 1500 }))
  const answer = await app.request("GET", "/v1/keys")
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "2"])
})

it("what a mail server said is shown as provider, never as 401", async () => {
  const { RelayError } = await import("@postrider/core/error/relay-error")
  const app = createTestApp()
  const fault = {
    class: "auth" as const,
    stage: "auth" as const,
    code: "535",
    enhancedCode: "5.7.8",
    response: "535 5.7.8 no",
    fix: null,
    misconfigured: false,
  }
  app.ports.records.query = () => Promise.reject(new RelayError("provider/auth_failed", "Refused.", { fault }))
  const answer = await app.request("GET", "/v1/keys")
  expect(answer.status).toBe(424)
  expect(answer.body.provider).toEqual({
    protocol: null,
    code: "535",
    enhanced_code: "5.7.8",
    response: "535 5.7.8 no",
  })
})
