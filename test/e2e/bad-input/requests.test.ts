import { createServer, type Server } from "node:http"
import { connect } from "node:net"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type RunningRelay, type Shape, startRelay } from "../../support/running-relay.ts"

const maxBytes = 1024 * 1024
let relay: RunningRelay
beforeAll(async () => {
  relay = await startRelay({ POSTRIDER_MAX_MESSAGE_BYTES: String(maxBytes) })
  const account = { id: "ada", email: "ada@demo.test", smtp: { host: "127.0.0.1", port: 2525, security: "none" } }
  expect((await relay.call("POST", "/v1/accounts", { json: account })).status).toBe(201)
  await relay.call("POST", "/v1/accounts/ada/pause")
})
afterAll(async () => {
  await relay?.stop()
  expect(relay?.errors).toEqual([])
})

const mail = { account: "ada", to: "bob@demo.test", subject: "x", text: "hi" }
const server = { host: "mail.example.com", port: 993, security: "tls", username: "u", password: "p" }
const stored = async () => (await relay.call("GET", "/v1/messages?account=ada")).body.data

/** A problem as RFC 9457 and the contract have it. */
function expectProblem(answer: { status: number; headers: Headers; body: Shape }, status: number, code: string): void {
  expect([answer.status, answer.body?.code]).toEqual([status, code])
  expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/)
  expect(answer.body).toMatchObject({
    type: expect.stringContaining(`/docs/errors/${code}`),
    title: expect.any(String),
    detail: expect.stringMatching(/\w+ \w+/),
    status,
    request_id: expect.any(String),
  })
}

describe("a body that is no JSON, or no body for this path", () => {
  const cases: [
    what: string,
    text: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string>,
    status: number,
    code: string,
  ][] = [
    ["cut off", '{"account":"ada"', {}, 400, "invalid_json"],
    ["two values", "{}{}", {}, 400, "invalid_json"],
    ["NaN", '{"account":NaN}', {}, 400, "invalid_json"],
    ["a comment", '{/* hi */"account":"ada"}', {}, 400, "invalid_json"],
    ["a byte order mark inside", '{\ufeff"account":"ada"}', {}, 400, "invalid_json"],
    ["no UTF-8", new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]), {}, 400, "invalid_json"],
    ["UTF-16", Buffer.from('{"account":"ada"}', "utf16le"), {}, 400, "invalid_json"],
    ["a member twice", '{"account":"ada","account":"eve"}', {}, 400, "invalid_json"],
    ["__proto__", '{"__proto__":{"account":"ada"}}', {}, 400, "invalid_json"],
    ["__proto__ in escapes, deep down", '{"metadata":{"\\u005f_proto__":"x"}}', {}, 400, "invalid_json"],
    ["constructor", '{"constructor":{"prototype":{"admin":true}}}', {}, 400, "invalid_json"],
    ["100,000 levels of arrays", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, {}, 400, "invalid_json"],
    ["100,000 levels of objects", `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`, {}, 400, "invalid_json"],
    ["an array", "[]", {}, 400, "invalid_request"],
    ["null", "null", {}, 400, "invalid_request"],
    ["a number of 1,000 digits for a text", `{"account":${"9".repeat(1000)}}`, {}, 400, "invalid_request"],
    ["a form", "account=ada", { "Content-Type": "application/x-www-form-urlencoded" }, 415, "unsupported_media_type"],
    ["text", JSON.stringify(mail), { "Content-Type": "text/plain" }, 415, "unsupported_media_type"],
    ["XML", "<mail/>", { "Content-Type": "application/xml" }, 415, "unsupported_media_type"],
    ["gzip (mail-rules N4)", JSON.stringify(mail), { "Content-Encoding": "gzip" }, 415, "unsupported_media_type"],
    ["huge", JSON.stringify({ ...mail, text: "x".repeat(2 * maxBytes) }), {}, 413, "body_too_large"],
  ]
  for (const [what, text, headers, status, code] of cases) {
    it(what, async () => {
      const startedAt = performance.now()
      expectProblem(await relay.call("POST", "/v1/messages", { text, headers }), status, code)
      expect(performance.now() - startedAt).toBeLessThan(2000)
    })
  }

  it("a huge body of unknown length is dropped at the limit", async () => {
    const { port } = new URL(relay.url)
    const socket = connect(Number(port), "127.0.0.1")
    let answer = ""
    let sent = 0
    socket.on("data", (chunk) => {
      answer += chunk.toString()
    })
    socket.on("error", () => undefined)
    const ended = new Promise((resolve) => socket.once("close", resolve))
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer test-key-with-more-than-32-characters\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`,
    )
    const piece = `10000\r\n${" ".repeat(0x10000)}\r\n`
    while (!socket.destroyed && !answer.includes("\r\n\r\n") && sent < 64 * maxBytes) {
      if (!socket.write(piece)) await new Promise((resolve) => setTimeout(resolve, 5))
      sent += 0x10000
    }
    socket.end("0\r\n\r\n")
    await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 3000))])
    socket.destroy()
    expect(answer).toMatch(/^HTTP\/1\.1 413 /)
    expect(sent).toBeLessThan(32 * maxBytes)
  })

  it("none of them left anything, and the prototypes are as they were", async () => {
    expect(await stored()).toEqual([])
    expect(({} as Record<string, unknown>).account).toBe(undefined)
    expect(({} as Record<string, unknown>).admin).toBe(undefined)
  })
})

describe("an unknown field at any level is a 400 that points at it", () => {
  const attachment = { filename: "a", content: "aGk=" }
  const cases: [method: string, path: string, body: Shape, pointer: string][] = [
    ["POST", "/v1/messages", { ...mail, colour: 1 }, "/colour"],
    ["POST", "/v1/messages", { ...mail, toString: 1 }, "/toString"],
    ["POST", "/v1/messages", { ...mail, from: { address: "ada@demo.test", mail: 1 } }, "/from/mail"],
    ["POST", "/v1/messages", { ...mail, to: [{ address: "bob@demo.test", type: "to" }] }, "/to/0/type"],
    ["POST", "/v1/messages", { ...mail, attachments: [{ ...attachment, path: "/etc/passwd" }] }, "/attachments/0/path"],
    ["POST", "/v1/messages", { ...mail, attachments: [{ ...attachment, href: "http://x" }] }, "/attachments/0/href"],
    ["POST", "/v1/messages", { ...mail, envelope: { from: "a@demo.test" } }, "/envelope/from"],
    ["POST", "/v1/messages", { ...mail, id: "out_1" }, "/id"],
    ["POST", "/v1/accounts", { email: "a@demo.test", colour: 1 }, "/colour"],
    ["POST", "/v1/accounts", { email: "a@demo.test", imap: { ...server, tsl: {} } }, "/imap/tsl"],
    ["POST", "/v1/accounts", { email: "a@demo.test", imap: { ...server, tls: { verify: false } } }, "/imap/tls/verify"],
    [
      "POST",
      "/v1/accounts",
      { email: "a@demo.test", imap: { ...server, tls: { rejectUnauthorized: false } } },
      "/imap/tls/rejectUnauthorized",
    ],
    [
      "POST",
      "/v1/accounts",
      { email: "a@demo.test", smtp: [{ ...server, limits: { per_hour: 1 } }] },
      "/smtp/0/limits/per_hour",
    ],
    [
      "POST",
      "/v1/accounts/verify",
      { email: "a@demo.test", pop3: { ...server, mailboxes: ["INBOX"] } },
      "/pop3/mailboxes",
    ],
    ["POST", "/v1/endpoints", { url: "https://example.com", types: ["*"], retries: 3 }, "/retries"],
    ["POST", "/v1/keys", { name: "x", scopes: ["*"], admin: true }, "/admin"],
    ["POST", "/v1/keys", { name: "x", scopes: ["*"], rate: { per_minute: 1, per_second: 1 } }, "/rate/per_second"],
  ]
  for (const [method, path, json, pointer] of cases) {
    it(`${path} ${pointer}`, async () => {
      const answer = await relay.call(method, path, { json })
      expectProblem(answer, 400, "invalid_request")
      const codes = answer.body.errors.map((error: Shape) => [error.pointer, error.code])
      expect(codes.filter(([, code]: string[]) => code === "unknown_field" || code === "read_only")).toEqual([
        [pointer, pointer === "/id" ? "read_only" : "unknown_field"],
      ])
      expect(answer.body.errors[0].detail).toMatch(/remove it/)
    })
  }
})

describe("bad base64 is a 400 that points at it", () => {
  for (const content of [
    "a",
    "aGk",
    "aGk=\n",
    "aG k",
    "aGl=",
    "-_-_",
    "data:text/plain;base64,aGk=",
    "ä===",
    "aGk=aGk=",
    "====",
  ]) {
    it(JSON.stringify(content), async () => {
      const answer = await relay.call("POST", "/v1/messages", {
        json: { ...mail, attachments: [{ filename: "a", content }] },
      })
      expectProblem(answer, 400, "invalid_request")
      expect(answer.body.errors).toMatchObject([{ pointer: "/attachments/0/content", code: "invalid_base64" }])
    })
  }
})

describe("an address inside, in whatever spelling, is reached by no endpoint and no mail server", () => {
  let inside: Server
  let knocks = 0
  beforeAll(async () => {
    inside = createServer((_request, response) => {
      knocks++
      response.end()
    })
    await new Promise<void>((resolve) => inside.listen(0, "127.0.0.1", resolve))
  })
  afterAll(() => void inside.close())

  const hosts = [
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:10.0.0.1]",
    "[::ffff:a00:1]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "[64:ff9b::a00:1]",
    "0x0a.0.0.1",
    "012.0.0.1",
    "167772161",
    "0xa000001",
    "10.1",
    "①⓪.0.0.1",
    "10。0。0。1",
    "10.0.0.1.",
  ]
  for (const host of hosts) {
    it(`${host}`, async () => {
      for (const url of [`https://${host}/hook`, `https://${host}:8443/`]) {
        const answer = await relay.call("POST", "/v1/endpoints", { json: { url, types: ["*"] } })
        expectProblem(answer, 422, "address_not_allowed")
        expect(answer.body.fix).toMatch(/POSTRIDER_ALLOW_NETWORKS/)
      }
      const bare = host.replace(/^\[|\]$/g, "")
      const { status, body } = await relay.call("POST", "/v1/accounts/verify", {
        json: { email: "a@demo.test", imap: { ...server, host: bare } },
      })
      if (status === 200) {
        expect(body.checks[0]).toMatchObject({
          ok: false,
          class: "address_not_allowed",
          fix: expect.stringMatching(/public host/),
        })
      } else expect([status, body.errors?.[0]?.pointer]).toEqual([400, "/imap/host"])
    })
  }

  it("credentials in the URL, other schemes, and ports that are no webhook's", async () => {
    for (const url of [
      "https://user:pass@example.com/",
      "ftp://example.com/",
      "file:///etc/passwd",
      "gopher://x/",
      "//x",
      "x",
    ]) {
      const answer = await relay.call("POST", "/v1/endpoints", { json: { url, types: ["*"] } })
      expect([url, answer.status, answer.body.errors?.[0]?.pointer]).toEqual([url, 400, "/url"])
    }
    const ssh = await relay.call("POST", "/v1/endpoints", { json: { url: "https://93.184.216.34:22/", types: ["*"] } })
    expectProblem(ssh, 422, "address_not_allowed")
  })

  it("a name that resolves to a private address, when only other networks are open", async () => {
    const other = await startRelay({ POSTRIDER_ALLOW_NETWORKS: "192.0.2.0/24" })
    const { port } = inside.address() as { port: number }
    for (const url of [
      `http://localhost:${port}/`,
      `http://127.0.0.1:${port}/`,
      `https://localhost:${port}/`,
      "https://localhost/",
    ]) {
      expectProblem(
        await other.call("POST", "/v1/endpoints", { json: { url, types: ["*"] } }),
        422,
        "address_not_allowed",
      )
    }
    await other.stop()
    expect(knocks).toBe(0)
  })

  it("what is not allowed is not saved", async () => {
    expect((await relay.call("GET", "/v1/endpoints")).body.data).toEqual([])
  })
})
