import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { type RunningRelay, startRelay } from "../../support/running-relay.ts"
import { type Expected, startTrial, type TrialOptions } from "./trial.ts"

// Many at once, on a machine that may be busy.
vi.setConfig({ testTimeout: 40_000 })

let relay: RunningRelay
beforeAll(async () => {
  relay = await startRelay()
})
afterAll(async () => {
  await relay?.stop()
  expect(relay?.errors).toEqual([])
})

describe.concurrent("a wrong password is auth_failed at once, and new credentials are tried at once (mail-rules F3)", () => {
  for (const protocol of ["imap", "pop3", "smtp"] as const) {
    it(protocol, async () => {
      const trial = await startTrial(relay, { protocol, settings: { password: "wrong" } })
      const expected: Expected = { state: "auth_failed", class: "auth", fix: /check username and password/ }
      await trial.verifyFails(expected)
      await trial.begin()
      await trial.fails(expected)
      expect((await relay.events(trial.id)).map(({ type }) => type)).toContain("account.failed")
      await trial.patch({ password: "demo" })
      await trial.comesThroughOnce()
      expect((await relay.events(trial.id)).map(({ type }) => type)).toContain("account.recovered")
      await trial.stop()
    })
  }
})

const again = /passes by itself/
const busy: [what: string, options: TrialOptions, expected: Omit<Expected, "state">][] = [
  [
    "IMAP: NO [LIMIT] to the login",
    { protocol: "imap", faults: { imap: { at: "login", reply: "NO [LIMIT] Too many sessions" } } },
    { class: "too_many_connections", fix: again, response: /Too many/ },
  ],
  [
    "IMAP: NO [UNAVAILABLE] to the login",
    { protocol: "imap", faults: { imap: { at: "login", reply: "NO [UNAVAILABLE] Backend is down" } } },
    { class: "throttled", fix: again },
  ],
  [
    "IMAP: closed before the greeting",
    { protocol: "imap", faults: { imap: { at: "connect", drop: true } } },
    { class: "too_many_connections", fix: again },
  ],
  [
    "IMAP: BYE for a greeting",
    { protocol: "imap", faults: { imap: { at: "connect", reply: "BYE Overloaded, come back later" } } },
    { class: "throttled", fix: again, response: /Overloaded/ },
  ],
  [
    "POP3: -ERR [IN-USE] to the login",
    { protocol: "pop3", faults: { pop3: { at: "login", reply: "-ERR [IN-USE] Locked" } } },
    { class: "throttled", fix: again, response: /Locked/ },
  ],
  [
    "POP3: closed before the greeting",
    { protocol: "pop3", faults: { pop3: { at: "connect", drop: true } } },
    { class: "too_many_connections", fix: again },
  ],
  [
    "POP3: -ERR for a greeting",
    { protocol: "pop3", faults: { pop3: { at: "connect", reply: "-ERR Not now" } } },
    { class: "throttled", fix: again, response: /Not now/ },
  ],
  [
    "SMTP: 421 to the login",
    { protocol: "smtp", faults: { smtp: { at: "auth", reply: "421 4.3.2 Too many concurrent connections" } } },
    { class: "too_many_connections", fix: again },
  ],
  [
    "SMTP: 454 to the login",
    { protocol: "smtp", faults: { smtp: { at: "auth", reply: "454 4.7.0 Temporary authentication failure" } } },
    { class: "throttled", fix: again },
  ],
  [
    "SMTP: closed before the greeting",
    { protocol: "smtp", faults: { smtp: { at: "connect", drop: true } } },
    { class: "too_many_connections", fix: again },
  ],
  [
    "SMTP: 554 for a greeting",
    { protocol: "smtp", faults: { smtp: { at: "connect", reply: "554 5.3.2 No service here" } } },
    { class: "connect", fix: again, response: /No service/ },
  ],
]

describe.concurrent("a server that is busy is no wrong password: unreachable, and the mail comes later (mail-rules F2, D5)", () => {
  for (const [what, options, expected] of busy) {
    it(what, async () => {
      const trial = await startTrial(relay, options)
      await trial.verifyFails(expected)
      await trial.begin()
      await trial.fails({ ...expected, state: "unreachable" })
      trial.sandbox.faults.clear()
      await trial.resume()
      await trial.comesThroughOnce()
      await trial.stop()
    })
  }
})
