import { describe, expect, it } from "vitest"
import { adminKey, createTestApp } from "../../support/test-app.ts"

describe("a key is shown once", () => {
  it("POST shows it, reading does not, and it works", async () => {
    const { request } = createTestApp()
    const made = await request("POST", "/v1/keys", { json: { id: "app", name: "app", scopes: ["messages:send"] } })
    expect(made.status).toBe(201)
    expect(made.headers.get("location")).toBe("/v1/keys/app")
    expect(made.body.key).toMatch(/^pr_live_[A-Za-z0-9]{40}$/)
    const read = await request("GET", "/v1/keys/app")
    expect(read.body).toEqual({ ...made.body, key: undefined })
    expect(read.text).not.toContain(made.body.key)
    const me = await request("GET", "/v1/me", { key: made.body.key })
    expect(me.body).toMatchObject({ id: "app", scopes: ["messages:send"], test: false })
  })

  it("the store never holds the key itself", async () => {
    const { request, ports } = createTestApp()
    const made = await request("POST", "/v1/keys", { json: { id: "app", name: "app", scopes: ["*"] } })
    const sha256 = ports.ids.digest(made.body.key)
    const stored = JSON.stringify(await ports.records.getMany([`key#${sha256}`, "keyid#app"]))
    expect(stored).toContain(sha256)
    expect(stored).not.toContain(made.body.key)
  })

  it("the sha256 of a key made elsewhere is taken, and nothing is shown", async () => {
    const { request, ports } = createTestApp()
    const own = "any string of theirs, long enough"
    const sha256 = ports.ids.digest(own).toUpperCase()
    const made = await request("POST", "/v1/keys", { json: { name: "app", scopes: ["*"], sha256 } })
    expect(made.status).toBe(201)
    expect(made.body).not.toHaveProperty("key")
    expect(made.text.toLowerCase()).not.toContain(sha256.toLowerCase())
    expect((await request("GET", "/v1/me", { key: own })).body.id).toBe(made.body.id)
    const admin = await request("GET", "/v1/me", { key: null, headers: { Authorization: `bearer  ${adminKey} ` } })
    expect(admin.status).toBe(200)
  })

  it("a test key says so in its text", async () => {
    const { key } = createTestApp()
    expect(await key({ test: true })).toMatch(/^pr_test_/)
  })
})

describe("PUT and PATCH", () => {
  it("the same PUT again changes nothing: same ETag, no new key", async () => {
    const { request, ports } = createTestApp()
    const json = { id: "app", name: "app", scopes: ["messages:send"], sha256: ports.ids.digest("s3cret") }
    const first = await request("PUT", "/v1/keys/app", { json })
    const again = await request("PUT", "/v1/keys/app", { json })
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.headers.get("etag")).toBe(first.headers.get("etag"))
    expect(again.body).toEqual(first.body)
    const without = await request("PUT", "/v1/keys/app", { json: { ...json, sha256: undefined } })
    expect(without.headers.get("etag")).toBe(first.headers.get("etag"))
    expect(without.body).not.toHaveProperty("key")
  })

  it("PUT with another sha256 replaces the key at once", async () => {
    const { request, ports } = createTestApp()
    const json = { name: "app", scopes: ["messages:send"] }
    await request("PUT", "/v1/keys/app", { json: { ...json, sha256: ports.ids.digest("old-key") } })
    expect((await request("GET", "/v1/me", { key: "old-key" })).status).toBe(200)
    const put = await request("PUT", "/v1/keys/app", { json: { ...json, sha256: ports.ids.digest("new-key") } })
    expect(put.status).toBe(200)
    expect((await request("GET", "/v1/me", { key: "new-key" })).body.id).toBe("app")
    expect((await request("GET", "/v1/me", { key: "old-key" })).status).toBe(401)
  })

  it("PATCH: null resets, arrays are replaced, the rest stays; it works at once", async () => {
    const { request } = createTestApp()
    const settings = { id: "app", name: "app", scopes: ["messages:send", "events:read"], accounts: ["a"], hold: true }
    const made = await request("POST", "/v1/keys", { json: settings })
    await request("GET", "/v1/me", { key: made.body.key })
    const json = { accounts: null, hold: null, scopes: ["messages:read"] }
    const patched = await request("PATCH", "/v1/keys/app", { json })
    expect(patched.body).toMatchObject({ name: "app", accounts: null, hold: false, scopes: ["messages:read"] })
    expect((await request("GET", "/v1/me", { key: made.body.key })).body.scopes).toEqual(["messages:read"])
  })

  it("If-Match lets only the version pass that was read", async () => {
    const { request } = createTestApp()
    const made = await request("POST", "/v1/keys", { json: { id: "app", name: "app", scopes: ["*"] } })
    const etag = made.headers.get("etag") ?? ""
    const patch = (name: string) => request("PATCH", "/v1/keys/app", { json: { name }, headers: { "If-Match": etag } })
    expect((await patch("one")).status).toBe(200)
    const late = await patch("two")
    expect([late.status, late.body.code]).toEqual([412, "version_mismatch"])
    const created = await request("PUT", "/v1/keys/app", {
      json: { name: "x", scopes: ["*"] },
      headers: { "If-None-Match": "*" },
    })
    expect(created.status).toBe(412)
  })
})

describe("rotation", () => {
  it("the old key works for the overlap, with what the id may do by then, and not longer", async () => {
    const { request, clock } = createTestApp()
    const made = await request("POST", "/v1/keys", { json: { id: "app", name: "app", scopes: ["messages:send"] } })
    const old = made.body.key
    const rotated = await request("POST", "/v1/keys/app/rotate", { json: { overlap_seconds: 60 } })
    expect(rotated.status).toBe(200)
    expect(rotated.body.key).not.toBe(old)
    await request("PATCH", "/v1/keys/app", { json: { scopes: ["events:read"] } })
    for (const key of [old, rotated.body.key]) {
      expect((await request("GET", "/v1/me", { key })).body).toMatchObject({ id: "app", scopes: ["events:read"] })
    }
    await clock.advance(61_000)
    expect((await request("GET", "/v1/me", { key: old })).status).toBe(401)
    expect((await request("GET", "/v1/me", { key: rotated.body.key })).status).toBe(200)
    expect((await request("GET", "/v1/keys")).body.data).toHaveLength(1)
  })

  it("revoking ends every key of the id, its overlap included, and a new life of the id brings none back", async () => {
    const { request } = createTestApp()
    const json = { id: "app", name: "app", scopes: ["messages:send"] }
    const made = await request("POST", "/v1/keys", { json })
    const rotated = await request("POST", "/v1/keys/app/rotate", { json: { overlap_seconds: 3600 } })
    expect((await request("DELETE", "/v1/keys/app")).status).toBe(204)
    for (const key of [made.body.key, rotated.body.key]) {
      expect((await request("GET", "/v1/me", { key })).status).toBe(401)
    }
    expect((await request("GET", "/v1/keys/app")).status).toBe(404)
  })

  it("an id that lives again does not revive the overlap of its first life", async () => {
    const { request, clock } = createTestApp()
    const json = { id: "app", name: "app", scopes: ["messages:send"] }
    const made = await request("POST", "/v1/keys", { json })
    await request("POST", "/v1/keys/app/rotate", { json: { overlap_seconds: 3600 } })
    await request("DELETE", "/v1/keys/app")
    await clock.advance(1)
    expect((await request("POST", "/v1/keys", { json })).status).toBe(201)
    expect((await request("GET", "/v1/me", { key: made.body.key })).status).toBe(401)
  })
})
