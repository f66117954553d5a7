import { describe, expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"
import { ada } from "./ada.ts"

const server = { host: "mail.demo.test" }
const login = { ...server, username: "u", password: "p" }

describe("settings that cannot be are refused, by pointer", () => {
  const cases: [what: string, settings: Record<string, unknown>, pointer: string, code: string][] = [
    ["no email", { email: undefined }, "/email", "required"],
    ["an email with a name", { email: "Ada <ada@demo.test>" }, "/email", "invalid_address"],
    ["an unknown field", { colour: "red" }, "/colour", "unknown_field"],
    ["an unknown field of a server", { imap: { ...login, colour: "red" } }, "/imap/colour", "unknown_field"],
    [
      "a field that IMAP has and POP3 has not",
      { pop3: { ...login, mailboxes: ["INBOX"] } },
      "/pop3/mailboxes",
      "unknown_field",
    ],
    ["a read-only field", { state: "ok" }, "/state", "read_only"],
    ["a read-only field of a server", { imap: { ...login, last_error: null } }, "/imap/last_error", "read_only"],
    ["a host with a scheme", { smtp: { host: "smtp://mail.demo.test" } }, "/smtp/host", "invalid_format"],
    ["a port out of range", { smtp: { ...server, port: 70_000 } }, "/smtp/port", "out_of_range"],
    ["an unusual port without security", { smtp: { ...server, port: 2500 } }, "/smtp/security", "required"],
    ["security none without a port", { smtp: { ...server, security: "none" } }, "/smtp/port", "required"],
    ["another security", { smtp: { ...server, security: "ssl" } }, "/smtp/security", "not_in_list"],
    ["an intake without a user", { imap: server }, "/imap/username", "required"],
    ["a password without a user", { smtp: { ...server, password: "p" } }, "/smtp/username", "required"],
    ["a masked password", { imap: { ...login, password: "********" } }, "/imap/password", "masked_secret"],
    [
      "a password and OAuth",
      { imap: { ...login, oauth2: { access_token: "t" } } },
      "/imap/oauth2",
      "conflicting_fields",
    ],
    ["polling faster than the tick", { imap: { ...login, poll_seconds: 0 } }, "/imap/poll_seconds", "out_of_range"],
    ["a history that is no date", { imap: { ...login, history: "yesterday" } }, "/imap/history", "invalid_format"],
    [
      "two routes of one name",
      {
        smtp: [
          { ...server, name: "a" },
          { ...server, name: "a" },
        ],
      },
      "/smtp/1/name",
      "duplicate",
    ],
    ["a sender that is no address", { senders: ["*@"] }, "/senders/0", "invalid_address"],
    ["a name with a line break", { name: "Ada\r\nBcc: eve@demo.test" }, "/name", "control_character"],
    ["metadata that is no text", { metadata: { a: 1 } }, "/metadata/a", "wrong_type"],
    [
      "a switch that turns verification off",
      { imap: { ...login, tls: { verify: false } } },
      "/imap/tls/verify",
      "unknown_field",
    ],
  ]
  for (const [what, settings, pointer, code] of cases) {
    it(what, async () => {
      const answer = await createTestApp().request("POST", "/v1/accounts", {
        json: { email: "a@demo.test", ...settings },
      })
      expect(answer.status).toBe(400)
      expect(answer.body.errors[0]).toMatchObject({ pointer, code })
    })
  }

  it("nothing is stored, polled or planned of what was refused", async () => {
    const { request, ports } = createTestApp()
    await request("POST", "/v1/accounts", { json: { ...ada, colour: "red" } })
    expect(await ports.records.getMany(["acc#ada", "plan#ada", "cfg#plan"])).toEqual([])
    expect((await ports.jobs.depth("poll")).waiting).toBe(0)
  })
})

it("a PATCH is checked as a whole after it is merged", async () => {
  const { request } = createTestApp()
  await request("PUT", "/v1/accounts/ada", { json: ada })
  const patch = (json: unknown) => request("PATCH", "/v1/accounts/ada", { json })
  expect((await patch({ email: null })).body.errors).toMatchObject([{ pointer: "/email", code: "required" }])
  expect((await patch({ imap: { port: "x" } })).body.errors).toMatchObject([
    { pointer: "/imap/port", code: "wrong_type" },
  ])
  expect((await patch({ state: "ok" })).body.errors).toMatchObject([{ pointer: "/state", code: "read_only" }])
  expect((await patch([])).status).toBe(400)
})

it("pausing a part the account has not is refused by its place in the list", async () => {
  const { request } = createTestApp()
  await request("PUT", "/v1/accounts/ada", { json: ada })
  const answer = await request("POST", "/v1/accounts/ada/pause", { json: { parts: ["imap", "pop3"] } })
  expect(answer.body.errors).toMatchObject([{ pointer: "/parts/1", code: "not_in_list" }])
  expect((await request("GET", "/v1/accounts/ada")).body.imap.state).toBe("connecting")
})
