import { describe, expect, it } from "vitest"
import { adminKey, createTestApp } from "../../support/test-app.ts"

describe("who presents no valid key is told so, and nothing else", () => {
  it("no key, or a key anywhere but in Authorization: missing_key with a challenge", async () => {
    const { request } = createTestApp()
    const attempts = [
      await request("GET", "/v1/me", { key: null }),
      await request("GET", `/v1/me?key=${adminKey}`, { key: null }),
      await request("GET", "/v1/me", { key: null, headers: { Authorization: `Basic ${btoa(`x:${adminKey}`)}` } }),
      await request("GET", "/v1/me", { key: null, headers: { "X-Api-Key": adminKey } }),
    ]
    for (const answer of attempts) {
      expect(answer.status).toBe(401)
      expect(answer.body.code).toBe("missing_key")
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="postrider"')
    }
  })

  it("an unknown key is invalid_key", async () => {
    const answer = await createTestApp().request("GET", "/v1/me", { key: "pr_live_nobody" })
    expect(answer.status).toBe(401)
    expect(answer.body.code).toBe("invalid_key")
    expect(answer.headers.get("www-authenticate")).toMatch(/invalid_token/)
  })

  it("a key is valid until its expires_at, cached or not", async () => {
    const { request, key, clock } = createTestApp()
    const expires_at = new Date(clock.now() + 5000).toISOString()
    const mine = await key({ expires_at })
    expect((await request("GET", "/v1/me", { key: mine })).status).toBe(200)
    await clock.advance(5001)
    expect((await request("GET", "/v1/me", { key: mine })).body.code).toBe("invalid_key")
  })

  it("a key revoked in another process ends within a minute", async () => {
    const { request, key, clock, ports } = createTestApp()
    const mine = await key({})
    expect((await request("GET", "/v1/me", { key: mine })).status).toBe(200)
    const { data } = (await request("GET", "/v1/keys")).body
    await ports.records.delete(`keyid#${data[0].id}`)
    await clock.advance(60_000)
    expect((await request("GET", "/v1/me", { key: mine })).body.code).toBe("invalid_key")
  })

  it("paths that do not exist look no different without a key", async () => {
    const { request } = createTestApp()
    expect((await request("GET", "/v1/no-such-thing", { key: null })).status).toBe(401)
  })
})
