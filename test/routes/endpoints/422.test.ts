import { expect, test } from "vitest"
import { startPeer } from "../../drivers/webhook/peer.ts"
import { createHookApp, hook } from "./hooks.ts"

test.each([
  "http://app.test/hook",
  "https://app.test:25/hook",
  "https://inside.test/hook",
  "https://10.0.0.1/hook",
  "https://[::ffff:a9fe:a9fe]/hook",
  "https://0x7f.0.0.2/hook",
  "https://169.254.169.254/latest/meta-data/",
])("the address of %s may not be reached, when made and when changed", async (url) => {
  const { request } = createHookApp()
  await request("PUT", "/v1/endpoints/shop", { json: hook })
  const answers = [
    await request("POST", "/v1/endpoints", { json: { ...hook, url } }),
    await request("PUT", "/v1/endpoints/shop", { json: { ...hook, url } }),
    await request("PATCH", "/v1/endpoints/shop", { json: { url } }),
  ]
  for (const answer of answers) expect(answer).toMatchObject({ status: 422, body: { code: "address_not_allowed" } })
  expect(answers[0]?.body.detail).not.toMatch(/[0-9]/)
})

test.each([
  ["/format", { format: "cloudevents" }],
  ["/links", { links: true }],
  ["/ordered", { ordered: true }],
  ["/arn", { arn: "arn:aws:sqs:eu-west-1:123456789012:queue" }],
])("%s is refused, not dropped", async (pointer, changes) => {
  const { request } = createHookApp()
  const answer = await request("POST", "/v1/endpoints", { json: { ...hook, ...changes } })
  expect(answer).toMatchObject({
    status: 422,
    body: { code: "unsupported", errors: [{ pointer, code: "unsupported" }] },
  })
})

test("a changed url needs the values of the headers again", async () => {
  const { request } = createHookApp()
  await request("PUT", "/v1/endpoints/shop", { json: { ...hook, headers: { "X-Key": "k" } } })
  const url = "https://elsewhere.test/hook"
  const refused = await request("PATCH", "/v1/endpoints/shop", { json: { url } })
  expect(refused).toMatchObject({
    status: 422,
    body: { code: "secret_required", errors: [{ pointer: "/headers/x-key", code: "required" }] },
  })
  const given = await request("PATCH", "/v1/endpoints/shop", { json: { url, headers: { "X-Key": "k" } } })
  expect(given.status).toBe(200)
})

test("?verify=true saves no endpoint that does not answer a ping with 2xx", async () => {
  const { request } = createHookApp()
  const peer = await startPeer((response) => response.writeHead(500).end())
  const json = { ...hook, url: peer.url }
  const answer = await request("PUT", "/v1/endpoints/shop?verify=true", { json })
  expect(answer).toMatchObject({ status: 422, body: { code: "verification_failed", attempt: { status: 500 } } })
  expect((await request("GET", "/v1/endpoints/shop")).status).toBe(404)
})
