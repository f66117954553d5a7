import { describe, expect, it } from "vitest"
import { createTestApp, type TestApp } from "../../support/test-app.ts"
import { ada } from "../accounts/ada.ts"

const mail = { account: "ada", to: "bob@demo.test", subject: "Hello", text: "It works." }

async function sent(change: Record<string, unknown> = {}): Promise<{ app: TestApp; path: string }> {
  const app = createTestApp()
  await app.request("PUT", "/v1/accounts/ada", { json: ada })
  const { body } = await app.request("POST", "/v1/messages", { json: { ...mail, ...change } })
  return { app, path: `/v1/messages/${body.id}` }
}

describe("the verbs of a message", () => {
  it("hold keeps it back, release lets it go", async () => {
    const { app, path } = await sent()
    expect((await app.request("POST", `${path}/hold`)).body.status).toBe("held")
    const released = await app.request("POST", `${path}/release`)
    expect([released.status, released.body.status]).toEqual([200, "queued"])
    const again = await app.request("POST", `${path}/release`)
    expect(again.body).toMatchObject({ status: 409, code: "state_conflict", current: "queued", allowed: ["held"] })
  })

  it("cancel is certain before any attempt, and no change afterwards", async () => {
    const { app, path } = await sent()
    for (let n = 0; n < 2; n++) {
      const answer = await app.request("POST", `${path}/cancel`)
      expect([answer.status, answer.body.status]).toEqual([200, "cancelled"])
    }
    expect((await app.request("POST", `${path}/retry`)).body.code).toBe("state_conflict")
  })

  it("a body other than an empty object is refused", async () => {
    const { app, path } = await sent()
    expect((await app.request("POST", `${path}/cancel`, { json: {} })).status).toBe(200)
    expect((await app.request("POST", `${path}/retry`, { json: { route: "b" } })).body.code).toBe("invalid_request")
  })
})

describe("a key that only sends", () => {
  it("reads and takes back what it sent, and nothing else", async () => {
    const { app, path } = await sent()
    const mine = await app.key({ scopes: ["messages:send"] })
    const own = await app.request("POST", "/v1/messages", { key: mine, json: mail })
    for (const call of ["", "/raw", "/attempts"]) {
      expect((await app.request("GET", `/v1/messages/${own.body.id}${call}`, { key: mine })).status).toBe(200)
      expect((await app.request("GET", `${path}${call}`, { key: mine })).status).toBe(404)
    }
    expect((await app.request("POST", `${path}/cancel`, { key: mine })).status).toBe(404)
    expect((await app.request("POST", `${path}/hold`, { key: mine })).body.code).toBe("missing_scope")
    expect((await app.request("GET", "/v1/messages", { key: mine })).body.code).toBe("missing_scope")
    expect((await app.request("GET", "/v1/messages/in_0123", { key: mine })).body.code).toBe("missing_scope")
    expect((await app.request("POST", `/v1/messages/${own.body.id}/cancel`, { key: mine })).status).toBe(200)
  })

  it("with the right to read it still takes back only its own", async () => {
    const { app, path } = await sent()
    const mine = await app.key({ scopes: ["messages:send", "messages:read"] })
    expect((await app.request("GET", path, { key: mine })).status).toBe(200)
    expect((await app.request("POST", `${path}/cancel`, { key: mine })).status).toBe(404)
  })
})

describe("reading", () => {
  it("raw is a download that no browser runs or sniffs (O2)", async () => {
    const { app, path } = await sent()
    const { headers } = await app.request("GET", `${path}/raw`)
    expect(headers.get("content-type")).toBe("message/rfc822")
    expect(headers.get("content-disposition")).toMatch(/^attachment; filename="out_.*\.eml"; filename\*=UTF-8''out_/)
    expect(headers.get("x-content-type-options")).toBe("nosniff")
    expect(headers.get("content-security-policy")).toMatch(/^sandbox/)
  })

  it("wait answers when the time is up, and at once when the message is settled", async () => {
    const { app, path } = await sent()
    const waiting = app.request("GET", `${path}?wait=1`)
    for (let n = 0; n < 15; n++) await app.clock.advance(100)
    expect((await waiting).body.status).toBe("queued")
    await app.request("POST", `${path}/cancel`)
    expect((await app.request("GET", `${path}?wait=20`)).body.status).toBe("cancelled")
  })

  it("lists leave out bodies and page by cursor", async () => {
    const { app } = await sent({ text: "the body of the first" })
    for (let n = 0; n < 4; n++) {
      await app.clock.advance(1000)
      await app.request("POST", "/v1/messages", { json: { ...mail, subject: `number ${n}`, tags: ["later"] } })
    }
    const subjects: string[] = []
    for (let path = "/v1/messages?account=ada&limit=2"; path !== ""; ) {
      const { body, text } = await app.request("GET", path)
      expect(text).not.toContain("the body of the first")
      subjects.push(...body.data.map(({ subject }: { subject: string }) => subject))
      path = body.has_more ? `/v1/messages?account=ada&limit=2&cursor=${body.next_cursor}` : ""
    }
    expect(subjects).toEqual(["number 3", "number 2", "number 1", "number 0", "Hello"])
    const tagged = await app.request("GET", "/v1/messages?tag=later&limit=3")
    expect(tagged.body.data).toHaveLength(3)
  })
})
