import type { PutResult } from "@postrider/core/ports/record-store"
import { describe, expect, it } from "vitest"
import type { TestApp } from "../../support/test-app.ts"
import { ada } from "../accounts/ada.ts"
import { createHookApp, hook } from "../endpoints/hooks.ts"

const things: [what: string, path: string, json: Record<string, unknown>, change: Record<string, unknown>][] = [
  ["an account", "/v1/accounts/ada", ada, { name: "Ada" }],
  ["an endpoint", "/v1/endpoints/hook", hook, { max_in_flight: 3 }],
  ["a key", "/v1/keys/app", { name: "app", scopes: ["messages:send"] }, { name: "changed" }],
]

/** Runs once between the reading of what is to be deleted and its deletion. */
function beforeDelete(app: TestApp, run: () => Promise<unknown>): void {
  const { records } = app.ports
  const remove = records.delete
  records.delete = async (id, when) => {
    records.delete = remove
    await run()
    return remove(id, when)
  }
}

for (const [what, path, json, change] of things) {
  describe(`${what} that changes while it is deleted`, () => {
    it("is kept where If-Match names the version before: 412", async () => {
      const app = createHookApp()
      const made = await app.request("PUT", path, { json })
      beforeDelete(app, () => app.request("PATCH", path, { json: change }))
      const headers = { "If-Match": made.headers.get("etag") ?? "" }
      const answer = await app.request("DELETE", path, { headers })
      expect([answer.status, answer.body.code]).toEqual([412, "version_mismatch"])
      expect((await app.request("GET", path)).body).toMatchObject(change)
    })

    it("goes without If-Match", async () => {
      const app = createHookApp()
      await app.request("PUT", path, { json })
      beforeDelete(app, () => app.request("PATCH", path, { json: change }))
      expect((await app.request("DELETE", path)).status).toBe(204)
      expect((await app.request("GET", path)).status).toBe(404)
      expect((await app.request("PUT", path, { json })).status).toBe(201)
    })
  })
}

describe("a key that is deleted while it is rotated", () => {
  const path = "/v1/keys/app"
  const json = { name: "app", scopes: ["messages:send"] }

  it("neither the old one nor the new one works", async () => {
    const app = createHookApp()
    const old = await app.request("PUT", path, { json })
    const { records } = app.ports
    const { put } = records
    records.put = async (record, when) => {
      if (!record.id.startsWith("keyid#")) return put(record, when)
      records.put = put
      expect((await app.request("DELETE", path)).status).toBe(204)
      return put(record, when)
    }
    const rotated = await app.request("POST", `${path}/rotate`, { json: {} })
    expect(rotated.status).toBe(503)
    expect((await app.request("GET", "/v1/me", { key: old.body.key })).status).toBe(401)
    expect((await app.request("GET", path)).status).toBe(404)
  })

  it("a rotation that comes just before it does not outlive it", async () => {
    const app = createHookApp()
    const old = await app.request("PUT", path, { json })
    let key = ""
    beforeDelete(app, async () => {
      key = (await app.request("POST", `${path}/rotate`, { json: {} })).body.key
    })
    expect((await app.request("DELETE", path)).status).toBe(204)
    for (const each of [old.body.key, key]) expect((await app.request("GET", "/v1/me", { key: each })).status).toBe(401)
    expect((await app.request("GET", path)).status).toBe(404)
  })

  it("a rotation that ends in the middle of it does not outlive it", async () => {
    const app = createHookApp()
    const old = await app.request("PUT", path, { json })
    const { records } = app.ports
    const { put, delete: remove } = records
    records.put = async (record, when) => {
      if (!record.id.startsWith("keyid#")) return put(record, when)
      let moved: Promise<PutResult<(typeof record)["body"]>> | undefined
      records.delete = async (id, version) => {
        if (id.startsWith("keyid#")) {
          moved ??= put(record, when)
          await moved
        }
        return remove(id, version)
      }
      expect((await app.request("DELETE", path)).status).toBe(204)
      return moved ?? put(record, when)
    }
    const rotated = await app.request("POST", `${path}/rotate`, { json: {} })
    for (const key of [old.body.key, rotated.body.key])
      expect((await app.request("GET", "/v1/me", { key })).status).toBe(401)
    expect((await app.request("GET", path)).status).toBe(404)
  })

  it("a deletion that was cut off revokes it all the same, and the next call ends it", async () => {
    const app = createHookApp()
    const old = await app.request("PUT", path, { json })
    const { records } = app.ports
    const remove = records.delete
    records.delete = async (id, when) => {
      if (id.startsWith("keyid#")) throw new Error("cut off")
      return remove(id, when)
    }
    expect((await app.request("DELETE", path)).status).toBe(500)
    records.delete = remove
    expect((await app.request("GET", "/v1/me", { key: old.body.key })).status).toBe(401)
    expect((await app.request("GET", path)).status).toBe(404)
    expect((await app.request("DELETE", path)).status).toBe(204)
    expect((await app.request("DELETE", path)).status).toBe(404)
    const again = await app.request("PUT", path, { json })
    expect(again.status).toBe(201)
    expect((await app.request("GET", "/v1/me", { key: again.body.key })).body.id).toBe("app")
  })

  it("a deletion that was cut off leaves its id to the next key", async () => {
    const app = createHookApp()
    const old = await app.request("PUT", path, { json })
    const { records } = app.ports
    const remove = records.delete
    records.delete = async (id, when) => {
      if (id.startsWith("keyid#")) throw new Error("cut off")
      return remove(id, when)
    }
    expect((await app.request("DELETE", path)).status).toBe(500)
    records.delete = remove
    expect((await app.request("GET", "/v1/me", { key: old.body.key })).status).toBe(401)
    expect((await app.request("GET", path)).status).toBe(404)
    const again = await app.request("PUT", path, { json })
    expect(again.status).toBe(201)
    expect((await app.request("GET", "/v1/me", { key: again.body.key })).body.id).toBe("app")
  })
})
