import { Webhook } from "standardwebhooks"
import { expect, test } from "vitest"
import { startPeer } from "../../drivers/webhook/peer.ts"
import { createHookApp, hook } from "./hooks.ts"

test("the same PUT again changes nothing, secrets and headers given or not", async () => {
  const { request } = createHookApp()
  const secret = `whsec_${Buffer.alloc(32, 2).toString("base64")}`
  const json = { ...hook, secret, headers: { "X-Key": "k" } }
  const first = await request("PUT", "/v1/endpoints/shop", { json })
  for (const again of [json, hook]) {
    const same = await request("PUT", "/v1/endpoints/shop", { json: again })
    expect(same.status).toBe(200)
    expect(same.headers.get("etag")).toBe(first.headers.get("etag"))
    expect(same.body.secret).toBeUndefined()
    expect(same.body.secrets).toEqual(["/secret", "/headers/x-key"])
  }
})

test("PUT gives absent fields their defaults; PATCH changes the named ones, null resets", async () => {
  const { request } = createHookApp()
  await request("PUT", "/v1/endpoints/shop", { json: { ...hook, accounts: ["acme"], body: "full", max_in_flight: 2 } })
  const patched = await request("PATCH", "/v1/endpoints/shop", {
    json: { types: ["*"], body: null, accounts: ["a", "b"] },
  })
  expect(patched.body).toMatchObject({ types: ["*"], body: "compact", accounts: ["a", "b"], max_in_flight: 2 })
  const put = await request("PUT", "/v1/endpoints/shop", { json: hook })
  expect(put.body).toMatchObject({ ...hook, accounts: null, max_in_flight: 8 })
})

test("PATCH merges headers by name; null removes one, or all", async () => {
  const { request } = createHookApp()
  await request("PUT", "/v1/endpoints/shop", { json: { ...hook, headers: { "X-A": "1", "X-B": "2" } } })
  const merged = await request("PATCH", "/v1/endpoints/shop", { json: { headers: { "x-a": null, "X-C": "3" } } })
  expect(merged.body.secrets).toEqual(["/secret", "/headers/x-b", "/headers/x-c"])
  const none = await request("PATCH", "/v1/endpoints/shop", { json: { headers: null } })
  expect(none.body.secrets).toEqual(["/secret"])
})

test("what is changed is what fan-out goes by from then on", async () => {
  const { request, engine } = createHookApp()
  await request("PUT", "/v1/endpoints/shop", { json: hook })
  await request("PATCH", "/v1/endpoints/shop", { json: { types: ["message.*"], tenants: ["t1"] } })
  expect((await engine.records.get("cfg#endpoints"))?.body).toEqual({
    endpoints: [{ id: "shop", types: ["message.*"], tenants: ["t1"], body: "compact", test: false }],
  })
})

test("a read heals the list for fan-out where a write was cut off", async () => {
  const { request, engine } = createHookApp()
  await request("PUT", "/v1/endpoints/shop", { json: hook })
  for (const path of ["/v1/endpoints/shop", "/v1/endpoints"]) {
    await engine.records.put({ id: "cfg#endpoints", body: { endpoints: [] } })
    await request("GET", path)
    expect((await engine.records.get("cfg#endpoints"))?.body).toMatchObject({ endpoints: [{ id: "shop" }] })
  }
})

test("lists give all endpoints, newest first, page by page", async () => {
  const { request, clock } = createHookApp()
  for (const id of ["one", "two", "three"]) {
    await request("PUT", `/v1/endpoints/${id}`, { json: hook })
    await clock.advance(1_000)
  }
  const first = await request("GET", "/v1/endpoints?limit=2")
  const second = await request("GET", `/v1/endpoints?limit=2&cursor=${first.body.next_cursor}`)
  const ids = [...first.body.data, ...second.body.data].map(({ id }: { id: string }) => id)
  expect(ids).toEqual(["three", "two", "one"])
  expect(second.body.has_more).toBe(false)
})

test("test posts a ping that verifies, with the headers of the endpoint, and answers the attempt", async () => {
  const { request } = createHookApp()
  const peer = await startPeer((response) => response.writeHead(202).end("thanks"))
  const json = { ...hook, url: peer.url, headers: { "X-Key": "k" } }
  const { body } = await request("PUT", "/v1/endpoints/shop", { json })
  const tried = await request("POST", "/v1/endpoints/shop/test")
  expect(tried.status).toBe(200)
  expect(tried.body).toMatchObject({
    trigger: "test",
    outcome: "delivered",
    status: 202,
    response: "thanks",
    error: null,
  })
  const [got] = peer.received
  expect(got?.headers).toMatchObject({ "x-key": "k", "webhook-trigger": "test" })
  const ping = new Webhook(body.secret).verify(got?.body.toString() ?? "", got?.headers as Record<string, string>)
  expect(ping).toMatchObject({ type: "webhook.ping", id: tried.body.event })
  const listed = await request("GET", "/v1/endpoints/shop/attempts")
  expect(listed.body.data).toEqual([tried.body])
  expect((await request("GET", "/v1/endpoints/shop/attempts?outcome=failed")).body.data).toEqual([])
})

test("test answers a failed attempt as 200: the try is the answer", async () => {
  const { request } = createHookApp()
  const peer = await startPeer((response) => response.writeHead(401).end())
  await request("PUT", "/v1/endpoints/shop", { json: { ...hook, url: peer.url } })
  const tried = await request("POST", "/v1/endpoints/shop/test")
  expect(tried.body).toMatchObject({ outcome: "failed", status: 401, error: "The endpoint answered 401." })
})

test("after a rotation both secrets verify, after revoke_old_secrets only the new one", async () => {
  const { request } = createHookApp()
  const peer = await startPeer((response) => response.end())
  const made = await request("PUT", "/v1/endpoints/shop", { json: { ...hook, url: peer.url } })
  const rotated = await request("POST", "/v1/endpoints/shop/rotate_secret", { json: { overlap_seconds: 3600 } })
  expect(rotated.body.secret).not.toBe(made.body.secret)
  const verifies = async (secret: string) => {
    await request("POST", "/v1/endpoints/shop/test")
    const got = peer.received.at(-1)
    try {
      new Webhook(secret).verify(got?.body.toString() ?? "", got?.headers as Record<string, string>)
      return true
    } catch {
      return false
    }
  }
  expect([await verifies(made.body.secret), await verifies(rotated.body.secret)]).toEqual([true, true])
  await request("POST", "/v1/endpoints/shop/revoke_old_secrets")
  expect([await verifies(made.body.secret), await verifies(rotated.body.secret)]).toEqual([false, true])
})

test("the old secret stops signing by itself when the overlap ends", async () => {
  const { request, clock } = createHookApp()
  const peer = await startPeer((response) => response.end())
  await request("PUT", "/v1/endpoints/shop", { json: { ...hook, url: peer.url } })
  await request("POST", "/v1/endpoints/shop/rotate_secret", { json: { overlap_seconds: 60 } })
  await request("POST", "/v1/endpoints/shop/test")
  await clock.advance(60_000)
  await request("POST", "/v1/endpoints/shop/test")
  expect(peer.received.map(({ headers }) => String(headers["webhook-signature"]).split(" ").length)).toEqual([2, 1])
})

test("disable and enable say what the endpoint is, and may be repeated", async () => {
  const { request } = createHookApp()
  await request("PUT", "/v1/endpoints/shop", { json: hook })
  for (let n = 0; n < 2; n++) {
    const off = await request("POST", "/v1/endpoints/shop/disable")
    expect(off.body).toMatchObject({ state: "disabled", disabled_reason: "requested" })
  }
  for (let n = 0; n < 2; n++) {
    const on = await request("POST", "/v1/endpoints/shop/enable")
    expect(on.body).toMatchObject({ state: "enabled", disabled_reason: null })
  }
})
