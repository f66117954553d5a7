import { expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"

it("every answer, errors included, forbids sniffing, framing, caching and running anything", async () => {
  const { request } = createTestApp()
  for (const [method, path] of [
    ["GET", "/v1/me"],
    ["GET", "/nothing"],
    ["GET", "/health"],
    ["PUT", "/health"],
  ] as const) {
    const { headers } = await request(method, path)
    expect(headers.get("x-content-type-options")).toBe("nosniff")
    expect(headers.get("content-security-policy")).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    expect(headers.get("cache-control")).toBe("no-store")
    expect(headers.get("referrer-policy")).toBe("no-referrer")
    expect(headers.get("strict-transport-security")).toMatch(/max-age/)
  }
})

it("X-Request-Id comes back as sent where it is well formed, else a fresh one", async () => {
  const { request } = createTestApp()
  const given = await request("GET", "/health", { headers: { "X-Request-Id": "trace-42" } })
  expect(given.headers.get("x-request-id")).toBe("trace-42")
  for (const bad of ["a b", "<script>", "x".repeat(129)]) {
    const answer = await request("GET", "/health", { headers: { "X-Request-Id": bad } })
    expect(answer.headers.get("x-request-id")).toMatch(/^req_/)
  }
})
