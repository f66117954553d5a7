import type { NewRecord } from "@postrider/core/ports/record-store"
import { describe, expect, it } from "vitest"
import type { TestApp } from "../../support/test-app.ts"
import { ada } from "../accounts/ada.ts"
import { createHookApp, hook } from "../endpoints/hooks.ts"

const { id: _chosen, ...anyAccount } = ada
const key = { name: "app", scopes: ["messages:send"] }
const sha256 = "ab".repeat(32)
const creations: [what: string, path: string, json: Record<string, unknown>, record: RegExp][] = [
  ["an account", "/v1/accounts", anyAccount, /^acc#/],
  ["an account with an id of the caller's", "/v1/accounts", ada, /^acc#/],
  ["an endpoint", "/v1/endpoints", hook, /^ep#/],
  ["an endpoint with an id of the caller's", "/v1/endpoints", { ...hook, id: "hook" }, /^ep#/],
  ["a key", "/v1/keys", key, /^keyid#/],
  ["a key, cut off before its id stood for it", "/v1/keys", key, /^key#/],
  ["a key with an id of the caller's", "/v1/keys", { ...key, id: "app" }, /^keyid#/],
  ["a key that was made elsewhere", "/v1/keys", { ...key, id: "app", sha256 }, /^keyid#/],
]

const post = (app: TestApp, path: string, json: unknown) =>
  app.request("POST", path, { json, headers: { "Idempotency-Key": "k1" } })

/** From the first write on that `dies` picks, no write comes through; that one itself does. */
function dieAfter(app: TestApp, dies: (record: NewRecord<unknown>) => boolean): () => void {
  const { records } = app.ports
  const { put } = records
  let dead = false
  records.put = async (record, when) => {
    if (dead) throw new Error("the process is dead")
    const result = await put(record, when)
    dead = dies(record)
    if (dead) throw new Error("the process died")
    return result
  }
  return () => {
    records.put = put
  }
}

async function onlyOne(app: TestApp, path: string, id: string): Promise<void> {
  const { data } = (await app.request("GET", path)).body
  expect(data.map((row: { id: string }) => row.id)).toEqual([id])
}

for (const [what, path, json, record] of creations) {
  describe(`${what} is made once, and its repeats answer the same`, () => {
    it("when the process dies after it was made and before its answer was kept", async () => {
      const app = createHookApp()
      const revive = dieAfter(app, ({ id }) => record.test(id))
      expect((await post(app, path, json)).status).toBe(500)
      revive()
      expect((await post(app, path, json)).status).toBe(409)
      await app.clock.advance(120_001)
      const again = await post(app, path, json)
      expect(again.status).toBe(201)
      const third = await post(app, path, json)
      expect([third.text, third.headers.get("idempotent-replayed")]).toEqual([again.text, "true"])
      await onlyOne(app, path, again.body.id)
    })

    it("when a fault comes after it was made", async () => {
      const app = createHookApp()
      const { put } = app.ports.records
      let faults = 1
      app.ports.records.put = async (one, when) => {
        const result = await put(one, when)
        if (record.test(one.id) && faults-- > 0) throw new Error("the answer of the store was lost")
        return result
      }
      expect((await post(app, path, json)).status).toBe(500)
      const again = await post(app, path, json)
      expect(again.status).toBe(201)
      await onlyOne(app, path, again.body.id)
    })

    it("when its answer cannot be kept: the caller gets it, and the repeat finds what was made", async () => {
      const app = createHookApp()
      const { put } = app.ports.records
      let faults = 1
      app.ports.records.put = async (one, when) => {
        if (/"state":"done"/.test(JSON.stringify(one.body)) && faults-- > 0) throw new Error("the store is away")
        return put(one, when)
      }
      const first = await post(app, path, json)
      expect(first.status).toBe(201)
      await app.clock.advance(120_001)
      const again = await post(app, path, json)
      expect([again.status, again.text]).toEqual([201, first.text])
      await onlyOne(app, path, first.body.id)
    })
  })
}

it("a key from a repeat works, and there is no other", async () => {
  const app = createHookApp()
  const revive = dieAfter(app, ({ id }) => id.startsWith("keyid#"))
  await post(app, "/v1/keys", key)
  revive()
  await app.clock.advance(120_001)
  const made = await post(app, "/v1/keys", key)
  expect((await app.request("GET", "/v1/me", { key: made.body.key })).body.id).toBe(made.body.id)
})

it("a rotation that is repeated shows the key that it made", async () => {
  const app = createHookApp()
  await app.request("POST", "/v1/keys", { json: { ...key, id: "app" } })
  const revive = dieAfter(app, ({ id }) => id.startsWith("keyid#"))
  await post(app, "/v1/keys/app/rotate", {})
  revive()
  await app.clock.advance(120_001)
  const rotated = await post(app, "/v1/keys/app/rotate", {})
  expect(rotated.status).toBe(200)
  expect((await app.request("GET", "/v1/me", { key: rotated.body.key })).status).toBe(200)
})

it("after a fault another request may take the key, and makes a thing of its own", async () => {
  const app = createHookApp()
  const { put } = app.ports.records
  app.ports.records.put = async (record, when) => {
    const result = await put(record, when)
    if (record.id.startsWith("acc#")) throw new Error("the answer of the store was lost")
    return result
  }
  await post(app, "/v1/accounts", anyAccount)
  app.ports.records.put = put
  const other = await post(app, "/v1/accounts", { email: "bob@demo.test" })
  expect([other.status, other.body.email]).toEqual([201, "bob@demo.test"])
})

it("without an Idempotency-Key an id that is taken stays 409", async () => {
  const app = createHookApp()
  await app.request("POST", "/v1/accounts", { json: ada, headers: { "Idempotency-Key": "k1" } })
  expect((await app.request("POST", "/v1/accounts", { json: ada })).status).toBe(409)
  const other = { json: ada, headers: { "Idempotency-Key": "k2" } }
  expect((await app.request("POST", "/v1/accounts", other)).status).toBe(409)
})

describe("an answer of any length is kept", () => {
  it("an account of almost the largest size is made once and answered twice", async () => {
    const app = createHookApp()
    const mailboxes = Array.from({ length: 75 }, (_, at) => `${at}-`.padEnd(980, "m"))
    const json = { ...anyAccount, imap: { ...ada.imap, mailboxes } }
    const first = await post(app, "/v1/accounts", json)
    expect([first.status, first.text.length > 74_000]).toEqual([201, true])
    const again = await post(app, "/v1/accounts", json)
    expect([again.status, again.headers.get("idempotent-replayed")]).toEqual([201, "true"])
    expect(again.text).toBe(first.text)
    await onlyOne(app, "/v1/accounts", first.body.id)
  })

  for (const kilobytes of [59, 61, 76, 78, 79.5, 160]) {
    it(`a message that is shown in ${kilobytes} KB is released once`, async () => {
      const app = createHookApp()
      await app.request("PUT", "/v1/accounts/ada", { json: ada })
      const recipients = (count: number) => Array.from({ length: count }, (_, at) => `r${1000 + at}@demo.test`)
      const hold = async (count: number) => {
        const json = { account: "ada", to: recipients(count), subject: "Hello", text: "x", test: true, hold: true }
        return app.request("POST", "/v1/messages", { json })
      }
      const [ten, twenty] = [(await hold(10)).text.length, (await hold(20)).text.length]
      const sent = await hold(10 + Math.round((kilobytes * 1000 - ten) / ((twenty - ten) / 10)))
      const path = `/v1/messages/${sent.body.id}/release`
      const first = await post(app, path, {})
      expect(first.status).toBe(200)
      expect(Math.abs(first.text.length - kilobytes * 1000)).toBeLessThan(400)
      const again = await post(app, path, {})
      expect([again.status, again.text === first.text]).toEqual([200, true])
    })
  }
})
