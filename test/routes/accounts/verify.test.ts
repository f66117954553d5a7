import { RelayError } from "@postrider/core/error/relay-error"
import type { MailFault } from "@postrider/core/ports/mail-fault"
import type { MailServer } from "@postrider/core/ports/mail-server"
import type { Ports } from "@postrider/core/ports/ports"
import { describe, expect, it } from "vitest"
import { createPostboxSender } from "../../support/postbox-sender.ts"
import { createTestApp, type TestApp } from "../../support/test-app.ts"
import { ada } from "./ada.ts"

const refused: MailFault = {
  class: "auth",
  stage: "auth",
  code: "AUTHENTICATIONFAILED",
  enhancedCode: null,
  response: "NO Application-specific password required",
  fix: "create an app password",
  misconfigured: false,
}

/** Servers that let in who knows `right`; every login is kept. */
function withServers(): { app: TestApp; logins: MailServer[] } {
  const logins: MailServer[] = []
  const mayEnter = (server: MailServer): boolean => {
    logins.push(server)
    return server.credentials?.kind === "password" && server.credentials.password === "right"
  }
  const sender: Ports["sender"] = {
    ...createPostboxSender(),
    check: async (server) => {
      const ok = mayEnter(server)
      const fault = ok ? null : refused
      return { ok, stage: "auth", tls: null, capabilities: ["SIZE"], authenticated: ok, response: null, fault }
    },
  }
  const reader: Ports["reader"] = {
    open: async ({ server }) => {
      mayEnter(server)
      throw new RelayError("provider/auth_failed", "Refused.", { fault: refused })
    },
  }
  const probe: Ports["probe"] = { probe: async () => ({ ok: true, tls: null, greeting: "hello", fault: null }) }
  return { app: createTestApp({ sender, reader, probe }), logins }
}

const smtpOnly = { id: "ada", email: ada.email, smtp: { ...ada.smtp, password: "right" } }

describe("POST /v1/accounts/verify", () => {
  it("tries each server once and saves nothing", async () => {
    const { app, logins } = withServers()
    const answer = await app.request("POST", "/v1/accounts/verify", { json: { ...ada, smtp: smtpOnly.smtp } })
    expect(answer.status).toBe(200)
    expect(answer.body.ok).toBe(false)
    expect(answer.body.checks).toMatchObject([
      { protocol: "smtp", host: "smtp.demo.test", port: 465, ok: true, authenticated: true },
      {
        protocol: "imap",
        host: "imap.demo.test",
        port: 993,
        ok: false,
        class: "auth",
        response: refused.response,
        fix: refused.fix,
      },
    ])
    expect(logins).toHaveLength(2)
    expect(await app.ports.records.get("acc#ada")).toBe(undefined)
    expect(answer.text).not.toMatch(/right|imap-secret/)
  })

  it("with the id of an account its stored secrets stand in, for the same server only", async () => {
    const { app, logins } = withServers()
    await app.request("PUT", "/v1/accounts/ada", { json: smtpOnly })
    const { password: _stored, ...server } = smtpOnly.smtp
    const same = await app.request("POST", "/v1/accounts/verify", { json: { ...smtpOnly, smtp: server } })
    expect(same.body.ok).toBe(true)
    const elsewhere = { ...smtpOnly, smtp: { ...server, name: "smtp.demo.test:465", host: "evil.test" } }
    const stolen = await app.request("POST", "/v1/accounts/verify", { json: elsewhere })
    expect([stolen.status, stolen.body.code]).toEqual([422, "secret_required"])
    expect(logins.map(({ host }) => host)).toEqual(["smtp.demo.test"])
  })

  it("the id of somebody else's account is not found", async () => {
    const { app } = withServers()
    await app.request("PUT", "/v1/accounts/ada", { json: { ...smtpOnly, tenant: "other" } })
    const mine = await app.key({ scopes: ["accounts:manage"], tenants: ["acme"] })
    const answer = await app.request("POST", "/v1/accounts/verify", { key: mine, json: smtpOnly })
    expect(answer.status).toBe(404)
  })
})

it("POST /v1/accounts/{id}/verify tries what is stored", async () => {
  const { app } = withServers()
  await app.request("PUT", "/v1/accounts/ada", { json: smtpOnly })
  const answer = await app.request("POST", "/v1/accounts/ada/verify")
  expect(answer.body).toMatchObject({ ok: true, checks: [{ protocol: "smtp", ok: true }] })
})

describe("?verify=true saves only what can log in", () => {
  it("422 verification_failed with the checks, and nothing is saved", async () => {
    const { app } = withServers()
    for (const [method, path] of [
      ["POST", "/v1/accounts?verify=true"],
      ["PUT", "/v1/accounts/ada?verify=true"],
    ] as const) {
      const answer = await app.request(method, path, { json: ada })
      expect([answer.status, answer.body.code]).toEqual([422, "verification_failed"])
      expect(answer.body.checks).toHaveLength(2)
      expect(answer.body.fix).toBe(refused.fix)
    }
    expect(await app.ports.records.get("acc#ada")).toBe(undefined)
  })

  it("201 where all of them let us in; without it nothing is dialled", async () => {
    const { app, logins } = withServers()
    expect((await app.request("POST", "/v1/accounts?verify=true", { json: smtpOnly })).status).toBe(201)
    expect(logins).toHaveLength(1)
    await app.request("PUT", "/v1/accounts/ada", { json: { ...smtpOnly, name: "Ada" } })
    expect(logins).toHaveLength(1)
  })
})
