import { describe, expect, it } from "vitest"
import { createTestApp, type TestApp } from "../../support/test-app.ts"

const kilobyte = 1024

/** A body whose octets come when the test says so. */
function drip(app: TestApp, key: string) {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const writer = writable.getWriter()
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${key}` }
  const init = { method: "POST", body: readable, duplex: "half" as const, headers }
  const answer = Promise.resolve(app.app.request("/v1/keys", init))
  return {
    answer,
    send: (size: number) => writer.write(new Uint8Array(size).fill(0x20)),
    end: async () => {
      await writer.write(new TextEncoder().encode('{"name":"dripped","scopes":["messages:send"]}'))
      await writer.close()
    },
  }
}

const withRoom = (held: number) =>
  createTestApp({}, { limits: { maxJsonBytes: 200 * kilobyte, maxBodyBytes: { held, spooled: 0 } } })
const large = (size: number) => ({ name: "app", scopes: ["messages:send"], allow_recipients: ["x".repeat(size)] })

describe("the bodies of all requests at once have a limit", () => {
  it("beyond it 503 overloaded with Retry-After, until there is room again", async () => {
    const app = withRoom(150 * kilobyte)
    const slow = drip(app, await app.key({}))
    await slow.send(100 * kilobyte)
    const json = large(90 * kilobyte)
    const refused = await app.request("POST", "/v1/keys", { json })
    expect([refused.status, refused.body.code]).toEqual([503, "overloaded"])
    expect(refused.headers.get("retry-after")).toBe("2")
    expect((await app.request("POST", "/v1/keys", { json: { name: "small", scopes: ["*"] } })).status).toBe(201)
    await slow.end()
    expect((await slow.answer).status).toBe(201)
    expect((await app.request("POST", "/v1/keys", { json })).status).toBe(400)
  })

  it("a body of undeclared length is refused once it grows beyond, and gives its room back", async () => {
    const app = withRoom(150 * kilobyte)
    const key = await app.key({})
    const first = drip(app, key)
    await first.send(100 * kilobyte)
    const second = drip(app, key)
    await second.send(40 * kilobyte)
    await second.send(40 * kilobyte).catch(() => undefined)
    expect((await second.answer).status).toBe(503)
    await first.send(40 * kilobyte)
    await first.end()
    expect((await first.answer).status).toBe(201)
  })

  it("refused and faulty requests give their room back", async () => {
    const app = withRoom(150 * kilobyte)
    for (let at = 0; at < 5; at++) {
      expect((await app.request("POST", "/v1/keys", { json: large(140 * kilobyte) })).status).toBe(400)
      expect((await app.request("POST", "/v1/keys", { json: large(250 * kilobyte) })).status).toBe(413)
      const text = "{".repeat(140 * kilobyte)
      const headers = { "Content-Type": "application/json" }
      expect((await app.request("POST", "/v1/keys", { text, headers })).status).toBe(400)
    }
  })

  it("what is spooled counts for itself", async () => {
    const spool = { write: async () => undefined, close: async () => undefined, read: async function* () {} }
    const limits = { maxJsonBytes: 8192 * kilobyte, maxBodyBytes: { held: 1024 * kilobyte, spooled: 3072 * kilobyte } }
    const app = createTestApp({}, { limits, openSpool: async () => spool })
    const key = await app.key({})
    const first = drip(app, key)
    await first.send(2048 * kilobyte)
    expect((await app.request("POST", "/v1/keys", { json: large(900 * kilobyte) })).status).toBe(400)
    expect((await app.request("POST", "/v1/keys", { json: large(1500 * kilobyte) })).status).toBe(503)
    await first.end()
    await first.answer
  })
})

describe("a body is read only for who may send it", () => {
  for (const [what, path] of [
    ["a key without the scope", "/v1/accounts"],
    ["a path with nothing behind it", "/v1/nothing"],
  ] as const) {
    it(what, async () => {
      const app = createTestApp()
      const key = await app.key({ scopes: ["messages:send"] })
      let pulled = 0
      const body = new ReadableStream({
        pull(controller) {
          if (pulled++ > 100) controller.close()
          else controller.enqueue(new Uint8Array(1024).fill(0x20))
        },
      })
      const headers = { "Content-Type": "application/json", Authorization: `Bearer ${key}` }
      const answer = await app.app.request(path, { method: "POST", body, duplex: "half" as const, headers })
      expect([answer.status, pulled < 3]).toEqual([path === "/v1/nothing" ? 404 : 403, true])
    })
  }
})
