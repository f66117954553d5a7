import type { AccountRecord } from "@postrider/core/account/account"
import { openServer } from "@postrider/core/account/open-server"
import { RelayError } from "@postrider/core/error/relay-error"
import { createSecretBox } from "@postrider/runtime/secret-box"
import { describe, expect, it } from "vitest"
import { createPostboxSender } from "../../support/postbox-sender.ts"
import { createTestApp, type TestApp } from "../../support/test-app.ts"
import { ada } from "./ada.ts"

const { password: _password, ...server } = ada.smtp
const tokenless: [what: string, oauth2: Record<string, unknown>][] = [
  ["a refresh token", { client_id: "c", refresh_token: "r" }],
  ["client credentials", { client_id: "c", client_secret: "s" }],
  ["nothing", {}],
  ["an access token of null", { access_token: null, refresh_token: "r" }],
]

describe("a login that could not be used is never stored and left out in silence", () => {
  for (const part of ["smtp", "imap", "pop3"] as const) {
    const account = (login: Record<string, unknown>) => ({ email: ada.email, [part]: { ...server, ...login } })

    it(`${part}: a username with a password of null`, async () => {
      const answer = await createTestApp().request("POST", "/v1/accounts", { json: account({ password: null }) })
      expect([answer.status, answer.body.code]).toEqual([422, "secret_required"])
    })

    for (const [what, oauth2] of tokenless) {
      it(`${part}: OAuth with ${what}`, async () => {
        const answer = await createTestApp().request("POST", "/v1/accounts", { json: account({ oauth2 }) })
        expect([answer.status, answer.body.code]).toEqual([422, "unsupported"])
        const pointer = part === "smtp" ? "/smtp/smtp.demo.test:465/oauth2" : `/${part}/oauth2`
        expect(answer.body.errors).toMatchObject([{ pointer, code: "unsupported" }])
      })
    }
  }

  it("nor by PATCH: the last secret of a user cannot be removed, the user with it can", async () => {
    const { request } = createTestApp()
    await request("PUT", "/v1/accounts/ada", { json: { ...ada, smtp: { ...ada.smtp, name: "one" } } })
    const smtp = { ...server, name: "one", password: null }
    const refused = await request("PATCH", "/v1/accounts/ada", { json: { smtp } })
    expect([refused.status, refused.body.code]).toEqual([422, "secret_required"])
    const open = await request("PATCH", "/v1/accounts/ada", { json: { smtp: { ...smtp, username: null } } })
    expect([open.status, open.body.secrets]).toEqual([200, ["/imap/password"]])
  })

  it("an access token that is stored stays through PUT and PATCH", async () => {
    const { request } = createTestApp()
    const oauth2 = { access_token: "ya29.token", expires_at: "2026-01-01T01:00:00Z" }
    await request("PUT", "/v1/accounts/ada", { json: { email: ada.email, imap: { ...server, oauth2 } } })
    const patched = await request("PATCH", "/v1/accounts/ada", { json: { imap: { poll_seconds: 5 } } })
    expect([patched.status, patched.body.secrets]).toEqual([200, ["/imap/oauth2/access_token"]])
    const removed = await request("PATCH", "/v1/accounts/ada", { json: { imap: { oauth2: { access_token: null } } } })
    expect(removed.body.code).toBe("unsupported")
  })
})

describe("a secret that is stored and cannot be used is a fault of its part", () => {
  /** As if the master key were lost, or the secret never stored. */
  async function broken(secrets: (known: Record<string, string>) => Record<string, string>): Promise<TestApp> {
    const probe = { probe: async () => ({ ok: true, tls: null, greeting: "hello", fault: null }) }
    const sender = {
      ...createPostboxSender(),
      check: async () => {
        const fine = { ok: true, stage: "auth" as const, tls: null, capabilities: [], authenticated: true }
        return { ...fine, response: null, fault: null }
      },
    }
    const app = createTestApp({ sender, probe })
    const smtp = [
      { ...ada.smtp, name: "one" },
      { ...ada.smtp, name: "two" },
    ]
    await app.request("PUT", "/v1/accounts/ada", { json: { email: ada.email, smtp } })
    const stored = await app.ports.records.get<AccountRecord>("acc#ada")
    if (stored === undefined) throw new Error("the account was not stored")
    const body = { ...stored.body, secrets: secrets(stored.body.secrets) }
    await app.ports.records.put<AccountRecord>({ ...stored, body })
    return app
  }
  const foreign = createSecretBox([new Uint8Array(32).fill(9)]).seal("secret", "account:ada:/smtp/one/password")
  const cases: [string, (known: Record<string, string>) => Record<string, string>][] = [
    ["missing", ({ "/smtp/one/password": _gone, ...rest }) => rest],
    ["sealed under another master key", (known) => ({ ...known, "/smtp/one/password": foreign })],
  ]

  for (const [what, secrets] of cases) {
    it(`${what}: whoever opens the server is told, as of refused credentials that stay refused`, async () => {
      const { ports } = await broken(secrets)
      const stored = await ports.records.get<AccountRecord>("acc#ada")
      const open = () => stored && openServer(ports, stored.body, "smtp:one")
      expect(open).toThrow(RelayError)
      let fault: unknown
      try {
        open()
      } catch (error) {
        fault = error instanceof RelayError ? error.options.fault : undefined
      }
      expect(fault).toMatchObject({ class: "auth", stage: "auth", misconfigured: true })
    })

    it(`${what}: verify says so of this part and tries the others`, async () => {
      const app = await broken(secrets)
      const answer = await app.request("POST", "/v1/accounts/ada/verify")
      expect(answer.status).toBe(200)
      expect(answer.body.ok).toBe(false)
      expect(answer.body.checks).toMatchObject([
        { protocol: "smtp", ok: false, class: "auth", stage: "auth" },
        { protocol: "smtp", ok: true },
      ])
      expect(answer.body.checks[0].fix).toContain("again")
    })

    it(`${what}: the secret given again mends it`, async () => {
      const app = await broken(secrets)
      const again = [
        { ...ada.smtp, name: "one" },
        { ...ada.smtp, name: "two" },
      ]
      const patched = await app.request("PATCH", "/v1/accounts/ada", { json: { smtp: again } })
      expect(patched.status).toBe(200)
      expect((await app.request("POST", "/v1/accounts/ada/verify")).body.ok).toBe(true)
    })
  }
})
