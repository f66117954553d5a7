import { describe, expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"
import { ada } from "./ada.ts"

it("A1: imap and pop3 at once are one_intake", async () => {
  const { request } = createTestApp()
  const answer = await request("POST", "/v1/accounts", { json: { ...ada, pop3: ada.imap } })
  expect([answer.status, answer.body.code]).toEqual([422, "one_intake"])
})

describe("a secret is kept only for the server it was given for", () => {
  const changes: [what: string, change: Record<string, unknown>][] = [
    ["host", { host: "evil.test" }],
    ["port", { port: 1993, security: "tls" }],
    ["security", { port: 993, security: "starttls" }],
    ["username", { username: "eve" }],
  ]
  for (const [what, change] of changes) {
    it(`another ${what} needs it again, and then is taken`, async () => {
      const { request } = createTestApp()
      await request("PUT", "/v1/accounts/ada", { json: ada })
      const refused = await request("PATCH", "/v1/accounts/ada", { json: { imap: change } })
      expect([refused.status, refused.body.code]).toEqual([422, "secret_required"])
      expect(refused.body.errors).toMatchObject([{ pointer: "/imap/password", code: "secret_required" }])
      const { password: _known, ...bare } = ada.imap
      const put = await request("PUT", "/v1/accounts/ada", { json: { ...ada, imap: { ...bare, ...change } } })
      expect(put.body.code).toBe("secret_required")
      const json = { imap: { ...change, password: "again" } }
      expect((await request("PATCH", "/v1/accounts/ada", { json })).status).toBe(200)
    })
  }

  it("a renamed route does not take the secret along", async () => {
    const { request } = createTestApp()
    await request("PUT", "/v1/accounts/ada", { json: ada })
    const { password: _known, ...bare } = ada.smtp
    const answer = await request("PATCH", "/v1/accounts/ada", { json: { smtp: { ...bare, name: "renamed" } } })
    expect(answer.body.code).toBe("secret_required")
  })

  it("a user without a secret is refused from the start", async () => {
    const { request } = createTestApp()
    const json = { email: "ada@demo.test", imap: { host: "imap.demo.test", username: "ada" } }
    expect((await request("POST", "/v1/accounts", { json })).body.code).toBe("secret_required")
  })
})

describe("what nothing acts on yet is refused by name, never stored and ignored", () => {
  const cases: [pointer: string, settings: Record<string, unknown>][] = [
    ["/dkim", { dkim: { domain: "demo.test", selector: "s1", private_key: "key" } }],
    ["/verp", { verp: true }],
    ["/domain_limits", { domain_limits: { "gmail.com": { per_minute: 30 } } }],
    ["/sent_copy", { sent_copy: "always" }],
    ["/smtp/limits", { smtp: { ...ada.smtp, limits: { per_day: 2000 } } }],
    ["/imap/watch", { imap: { ...ada.imap, watch: ["flags"] } }],
    ["/poll_max_seconds", { imap: { ...ada.imap, poll_max_seconds: 600 } }],
    [
      "/oauth2",
      {
        imap: {
          ...ada.imap,
          password: undefined,
          oauth2: {
            client_id: "c",
            client_secret: "s",
            token_url: "https://id.test/token",
            grant: "client_credentials",
          },
        },
      },
    ],
  ]
  for (const [pointer, settings] of cases) {
    it(pointer, async () => {
      const answer = await createTestApp().request("POST", "/v1/accounts", { json: { ...ada, ...settings } })
      expect([answer.status, answer.body.code]).toEqual([422, "unsupported"])
      expect(answer.body.errors).toMatchObject([{ pointer, code: "unsupported" }])
    })
  }

  it("a bare access token is taken", async () => {
    const { request } = createTestApp()
    const { password: _none, ...server } = ada.imap
    const oauth2 = { access_token: "ya29.token", expires_at: "2026-01-01T01:00:00Z" }
    const made = await request("POST", "/v1/accounts", { json: { ...ada, imap: { ...server, oauth2 } } })
    expect(made.status).toBe(201)
    expect(made.body.secrets).toContain("/imap/oauth2/access_token")
    expect(made.text).not.toContain("ya29.token")
  })
})
