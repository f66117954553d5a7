import { describe, expect, it } from "vitest"
import { createTestApp, type TestApp } from "../../support/test-app.ts"
import { ada } from "../accounts/ada.ts"

const mail = { account: "ada", to: "bob@demo.test", subject: "Hello", text: "It works.", test: true }
const limits = ({ headers }: { headers: Headers }) => [headers.get("ratelimit-policy"), headers.get("ratelimit")]

async function limited(per_minute: number): Promise<{ app: TestApp; key: string }> {
  const app = createTestApp()
  await app.request("PUT", "/v1/accounts/ada", { json: ada })
  const json = { id: "limited", name: "limited", scopes: ["*"], rate: { per_minute } }
  return { app, key: (await app.request("POST", "/v1/keys", { json })).body.key }
}

describe("a key's rate counts its requests, minute by minute", () => {
  it("beyond it 429 rate_limited with Retry-After, and nothing is done; in the next minute it goes on", async () => {
    const { app, key } = await limited(2)
    await app.clock.advance(15_500)
    for (let at = 0; at < 2; at++)
      expect((await app.request("POST", "/v1/messages", { key, json: mail })).status).toBe(202)
    const refused = await app.request("POST", "/v1/messages", { key, json: mail })
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"])
    expect(refused.headers.get("retry-after")).toBe("45")
    expect((await app.request("GET", "/v1/messages?test=true")).body.data).toHaveLength(2)
    await app.clock.advance(44_500)
    expect((await app.request("POST", "/v1/messages", { key, json: mail })).status).toBe(202)
  })

  it("every answer says how much is left: done, refused, without a body", async () => {
    const { app, key } = await limited(3)
    const policy = '"key";q=3;w=60'
    expect(limits(await app.request("GET", "/v1/me", { key }))).toEqual([policy, '"key";r=2;t=60'])
    await app.clock.advance(1500)
    expect(limits(await app.request("GET", "/v1/messages/none", { key }))).toEqual([policy, '"key";r=1;t=59'])
    expect(limits(await app.request("DELETE", "/v1/accounts/ada", { key }))).toEqual([policy, '"key";r=0;t=59'])
    expect(limits(await app.request("GET", "/v1/me", { key }))).toEqual([policy, '"key";r=0;t=59'])
  })

  it("of many at once no more than the rate are let in", async () => {
    const { app, key } = await limited(5)
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.request("GET", "/v1/me", { key })))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(5)
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15)
  })

  it("a key that was rotated counts on; another key, and one without a rate, have their own", async () => {
    const { app, key } = await limited(1)
    expect((await app.request("GET", "/v1/me", { key })).status).toBe(200)
    const rotated = (await app.request("POST", "/v1/keys/limited/rotate", { json: {} })).body.key
    expect((await app.request("GET", "/v1/me", { key: rotated })).status).toBe(429)
    const other = await app.key({ rate: { per_minute: 1 } })
    expect((await app.request("GET", "/v1/me", { key: other })).status).toBe(200)
    const free = await app.request("GET", "/v1/me")
    expect([free.status, ...limits(free)]).toEqual([200, null, null])
  })

  it("a body is not read for nothing", async () => {
    const { app, key } = await limited(1)
    await app.request("GET", "/v1/me", { key })
    let pulled = 0
    const body = new ReadableStream({
      pull(controller) {
        if (pulled++ > 100) controller.close()
        else controller.enqueue(new Uint8Array(1024).fill(0x20))
      },
    })
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${key}` }
    const answer = await app.app.request("/v1/messages", { method: "POST", body, duplex: "half" as const, headers })
    expect([answer.status, pulled < 3]).toEqual([429, true])
  })
})
