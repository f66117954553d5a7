import { describe, expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"
import { ada } from "./ada.ts"

describe("an account is read back with its defaults, without its secrets", () => {
  it("one smtp object is read back as an array, named host:port", async () => {
    const { request } = createTestApp()
    const made = await request("POST", "/v1/accounts", { json: ada })
    expect(made.status).toBe(201)
    expect(made.headers.get("location")).toBe("/v1/accounts/ada")
    expect(made.body.smtp).toMatchObject([
      {
        name: "smtp.demo.test:465",
        port: 465,
        security: "tls",
        priority: 0,
        weight: 1,
        limits: {},
        state: "connecting",
      },
    ])
    expect(made.body.imap).toMatchObject({
      port: 993,
      security: "tls",
      mailboxes: ["INBOX"],
      poll_seconds: 60,
      history: "new",
      delete: "never",
      mark_seen: false,
    })
    expect(made.body).toMatchObject({ state: "connecting", pop3: null, senders: [], sent_copy: "auto" })
    expect(made.body.secrets).toEqual(["/imap/password", "/smtp/smtp.demo.test:465/password"])
  })

  it("no secret is in any answer, nor in clear in the store", async () => {
    const { request, ports } = createTestApp()
    const answers = [
      await request("POST", "/v1/accounts", { json: ada, headers: { "Idempotency-Key": "k" } }),
      await request("GET", "/v1/accounts/ada"),
      await request("GET", "/v1/accounts"),
      await request("PATCH", "/v1/accounts/ada", { json: { name: "Ada" } }),
    ]
    for (const { text } of answers) expect(text).not.toMatch(/smtp-secret|imap-secret/)
    expect(JSON.stringify(await ports.records.get("acc#ada"))).not.toMatch(/smtp-secret|imap-secret/)
  })

  it("security follows from the usual ports, and the port from security", async () => {
    const { request } = createTestApp()
    const cases = [
      [{ port: 587 }, { port: 587, security: "starttls" }],
      [{ security: "starttls" }, { port: 587, security: "starttls" }],
      [{}, { port: 465, security: "tls" }],
      [
        { port: 2525, security: "none" },
        { port: 2525, security: "none" },
      ],
    ] as const
    for (const [given, expected] of cases) {
      const json = { email: "ada@demo.test", smtp: { host: "SMTP.demo.test", ...given } }
      const made = await request("POST", "/v1/accounts", { json })
      expect(made.body.smtp[0]).toMatchObject({ host: "smtp.demo.test", ...expected })
    }
  })

  it("only email is required", async () => {
    const { request } = createTestApp()
    const made = await request("POST", "/v1/accounts", { json: { email: "ada@demo.test" } })
    expect(made.body).toMatchObject({ smtp: [], imap: null, pop3: null, state: "ok" })
    expect(made.body.id).toMatch(/^acc_/)
  })

  it("A1: an id that is deleted and made again gets another incarnation", async () => {
    const { request, ports } = createTestApp()
    const incarnation = async () => (await ports.records.get<{ incarnation: string }>("acc#ada"))?.body.incarnation
    await request("POST", "/v1/accounts", { json: ada })
    const first = await incarnation()
    await request("DELETE", "/v1/accounts/ada")
    await request("POST", "/v1/accounts", { json: ada })
    expect(await incarnation()).toMatch(/^[A-Za-z0-9]{16}$/)
    expect(await incarnation()).not.toBe(first)
  })
})

describe("PUT and PATCH", () => {
  it("the same PUT again changes nothing, with its secrets or without", async () => {
    const { request, ports } = createTestApp()
    const first = await request("PUT", "/v1/accounts/ada", { json: ada })
    const { smtp, imap, ...rest } = ada
    const bare = { ...rest, smtp: { ...smtp, password: undefined }, imap: { ...imap, password: undefined } }
    const before = await ports.records.get("acc#ada")
    for (const json of [ada, bare]) {
      const again = await request("PUT", "/v1/accounts/ada", { json })
      expect([again.status, again.headers.get("etag")]).toEqual([200, first.headers.get("etag")])
    }
    expect(await ports.records.get("acc#ada")).toEqual(before)
  })

  it("what is read back, less what is read-only, is a PUT that changes nothing", async () => {
    const { request } = createTestApp()
    const first = await request("PUT", "/v1/accounts/ada", { json: ada })
    const status = new Set(
      "state last_error consecutive_failures health last_poll_at next_poll_at lag_seconds secrets created_at updated_at".split(
        " ",
      ),
    )
    const json = JSON.parse(first.text, (name, value: unknown) => (status.has(name) ? undefined : value))
    const again = await request("PUT", "/v1/accounts/ada", { json })
    expect(again.body.errors).toBe(undefined)
    expect(again.headers.get("etag")).toBe(first.headers.get("etag"))
  })

  it("absent fields of a PUT go back to their defaults", async () => {
    const { request } = createTestApp()
    await request("PUT", "/v1/accounts/ada", { json: { ...ada, name: "Ada", senders: ["*@demo.test"] } })
    const put = await request("PUT", "/v1/accounts/ada", { json: ada })
    expect(put.body).toMatchObject({ name: null, senders: [] })
  })

  it("PATCH merges: null resets, the rest and the secrets stay", async () => {
    const { request } = createTestApp()
    await request("PUT", "/v1/accounts/ada", { json: { ...ada, name: "Ada", metadata: { a: "1", b: "2" } } })
    const json = { name: null, metadata: { a: null, c: "3" }, imap: { poll_seconds: 5 } }
    const patched = await request("PATCH", "/v1/accounts/ada", { json })
    expect(patched.status).toBe(200)
    expect(patched.body).toMatchObject({
      name: null,
      metadata: { b: "2", c: "3" },
      imap: { poll_seconds: 5, host: "imap.demo.test" },
    })
    expect(patched.body.secrets).toHaveLength(2)
  })

  it("metadata may be named like a secret: null takes it away", async () => {
    const { request } = createTestApp()
    const names = ["password", "client_secret", "refresh_token", "access_token", "private_key"]
    const metadata = Object.fromEntries(names.map((name) => [name, "1"]))
    await request("PUT", "/v1/accounts/ada", { json: { ...ada, metadata } })
    for (const name of names) {
      const patched = await request("PATCH", "/v1/accounts/ada", { json: { metadata: { [name]: null } } })
      expect([patched.status, patched.body.metadata?.[name]]).toEqual([200, undefined])
    }
    expect((await request("GET", "/v1/accounts/ada")).body).toMatchObject({ metadata: {} })
  })

  it("a null secret is removed, an absent one stays; a route keeps its own by name", async () => {
    const { request } = createTestApp()
    const route = { host: "smtp.demo.test", port: 465, username: "u" }
    const smtp = [
      { ...route, name: "one", password: "secret-1" },
      { ...route, name: "two", password: "secret-2" },
    ]
    await request("PUT", "/v1/accounts/ada", { json: { email: "ada@demo.test", smtp } })
    const swapped = [
      { ...route, name: "two" },
      { ...route, name: "one" },
    ]
    const put = await request("PUT", "/v1/accounts/ada", { json: { email: "ada@demo.test", smtp: swapped } })
    expect(put.body.secrets).toEqual(["/smtp/one/password", "/smtp/two/password"])
    const one = [{ ...route, name: "one" }]
    const less = await request("PATCH", "/v1/accounts/ada", { json: { smtp: one } })
    expect(less.body.secrets).toEqual(["/smtp/one/password"])
    const none = await request("PATCH", "/v1/accounts/ada", {
      json: { smtp: [{ ...route, name: "one", username: null, password: null }] },
    })
    expect(none.body.secrets).toEqual([])
  })

  it("A3: only another host, port or user of the intake begins a new generation", async () => {
    const { request, ports } = createTestApp()
    const generation = async () =>
      (await ports.records.get<{ intakeGeneration: number }>("acc#ada"))?.body.intakeGeneration
    await request("PUT", "/v1/accounts/ada", { json: ada })
    await request("PATCH", "/v1/accounts/ada", { json: { imap: { poll_seconds: 5, password: "new-secret" } } })
    expect(await generation()).toBe(1)
    await request("PATCH", "/v1/accounts/ada", { json: { imap: { host: "mail.demo.test", password: "new-secret" } } })
    expect(await generation()).toBe(2)
  })

  it("F3: new credentials let a refused part be tried at once", async () => {
    const { request, ports } = createTestApp()
    await request("PUT", "/v1/accounts/ada", { json: ada })
    const stored = await ports.records.get<Record<string, unknown>>("acc#ada")
    if (stored === undefined) throw new Error("the account was not stored")
    const imap = { ...newStatus, state: "auth_failed", consecutive_failures: 4, retryAt: Number.MAX_SAFE_INTEGER }
    await ports.records.put({ ...stored, body: { ...stored.body, status: { imap } } })
    expect((await request("GET", "/v1/accounts/ada")).body.state).toBe("auth_failed")
    const patched = await request("PATCH", "/v1/accounts/ada", { json: { imap: { password: "right-now" } } })
    expect(patched.body).toMatchObject({ state: "connecting", imap: { state: "connecting", consecutive_failures: 0 } })
  })
})

const newStatus = {
  state: "connecting",
  paused: false,
  last_error: null,
  consecutive_failures: 0,
  last_success_at: null,
  retryAt: 0,
  announced: false,
  everOk: false,
}

describe("lists", () => {
  it("filter by tenant, email and state", async () => {
    const { request, clock } = createTestApp()
    for (const [id, tenant] of [
      ["a1", "acme"],
      ["a2", "acme"],
      ["b1", "other"],
    ]) {
      await request("PUT", `/v1/accounts/${id}`, { json: { email: `${id}@demo.test`, tenant } })
      await clock.advance(10)
    }
    const ids = async (query: string) =>
      (await request("GET", `/v1/accounts?${query}`)).body.data.map(({ id }: { id: string }) => id)
    expect(await ids("")).toEqual(["b1", "a2", "a1"])
    expect(await ids("tenant=acme")).toEqual(["a2", "a1"])
    expect(await ids("email=A1@demo.test")).toEqual(["a1"])
    expect(await ids("state=ok,paused")).toEqual(["b1", "a2", "a1"])
    expect(await ids("state=auth_failed")).toEqual([])
  })
})
