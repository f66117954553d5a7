import { expect, test } from "vitest"
import { startPeer } from "../../drivers/webhook/peer.ts"
import { createHookApp, hook } from "./hooks.ts"

test("POST makes an endpoint with its defaults and shows the secret this once", async () => {
  const { request } = createHookApp()
  const made = await request("POST", "/v1/endpoints", { json: hook })
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({
    ...hook,
    accounts: null,
    tenants: null,
    mailboxes: null,
    tags: null,
    body: "compact",
    format: "standard",
    links: false,
    max_in_flight: 8,
    ordered: false,
    test: false,
    state: "enabled",
    secrets: ["/secret"],
  })
  expect(made.body.id).toMatch(/^ep_/)
  expect(Buffer.from(made.body.secret.replace("whsec_", ""), "base64")).toHaveLength(36)
  expect(made.headers.get("location")).toBe(`/v1/endpoints/${made.body.id}`)
  const read = await request("GET", `/v1/endpoints/${made.body.id}`)
  expect(read.text).not.toContain(made.body.secret)
  expect(read.headers.get("etag")).toBe(made.headers.get("etag"))
})

test("POST takes an id, a secret and headers of the caller's, and stores them sealed", async () => {
  const { request, engine } = createHookApp()
  const secret = `whsec_${Buffer.alloc(24, 1).toString("base64")}`
  const json = { ...hook, id: "shop", secret, headers: { "X-Api-Key": "very-secret" } }
  const made = await request("POST", "/v1/endpoints", { json })
  expect(made.body).toMatchObject({ id: "shop", secret, secrets: ["/secret", "/headers/x-api-key"] })
  expect(made.text).not.toContain("very-secret")
  const stored = JSON.stringify(await engine.records.get("ep#shop"))
  expect(stored).not.toContain("very-secret")
  expect(stored).not.toContain(secret)
})

test("POST sends nothing; with ?verify=true the endpoint must answer a ping first", async () => {
  const { request } = createHookApp()
  const peer = await startPeer((response) => response.end())
  await request("POST", "/v1/endpoints", { json: { ...hook, url: peer.url } })
  expect(peer.received).toHaveLength(0)
  const made = await request("POST", "/v1/endpoints?verify=true", { json: { ...hook, url: peer.url } })
  expect(made.status).toBe(201)
  expect(peer.received.map(({ body }) => JSON.parse(body.toString()))).toMatchObject([
    { type: "webhook.ping", data: {} },
  ])
})

test("PUT makes what is not there", async () => {
  const { request } = createHookApp()
  const made = await request("PUT", "/v1/endpoints/shop", { json: hook })
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({ id: "shop", secret: expect.stringMatching(/^whsec_/) })
})
