import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { certificate } from "../../support/certificates.ts"
import { type RunningRelay, startRelay } from "../../support/running-relay.ts"
import { type Expected, type Protocol, startTrial, type Trial, type TrialOptions } from "./trial.ts"

// Some cases wait for seconds of silence; the others pass meanwhile.
vi.setConfig({ maxConcurrency: 14, testTimeout: 40_000 })

let relay: RunningRelay
beforeAll(async () => {
  relay = await startRelay()
})
afterAll(async () => {
  await relay?.stop()
  expect(relay?.errors).toEqual([])
})

const { cert: ca } = certificate("ca")
const protocols: Protocol[] = ["imap", "pop3", "smtp"]
const tlsPort = (protocol: Protocol) => `${protocol}s` as const

interface Case {
  what: string
  options(protocol: Protocol): Omit<TrialOptions, "protocol">
  expected(protocol: Protocol): Expected
  /** Mends it. */
  mend(trial: Trial, protocol: Protocol): Promise<void>
}

const cases: Case[] = [
  {
    what: "a port with TLS where plain text was expected",
    options: (protocol) => ({ certificate: "server", settings: ({ ports }) => ({ port: ports[tlsPort(protocol)] }) }),
    expected: () => ({ state: "misconfigured", class: "tls", fix: /answers with TLS; set security to tls/ }),
    mend: (trial) => trial.patch({ security: "tls", tls: { ca }, password: "demo" }),
  },
  {
    what: "a port with TLS where STARTTLS was expected",
    options: (protocol) => ({
      certificate: "server",
      settings: ({ ports }) => ({ security: "starttls", tls: { ca }, port: ports[tlsPort(protocol)] }),
    }),
    expected: () => ({ state: "misconfigured", class: "tls", fix: /answers with TLS; set security to tls/ }),
    mend: (trial) => trial.patch({ security: "tls", password: "demo" }),
  },
  {
    what: "an unknown host",
    options: () => ({ settings: { host: "mail.nowhere.invalid" } }),
    expected: () => ({
      state: "misconfigured",
      class: "dns",
      fix: /no host mail\.nowhere\.invalid: check the spelling/,
    }),
    mend: (trial) => trial.patch({ host: "localhost", password: "demo" }),
  },
  {
    what: "a port where nobody listens",
    options: () => ({ settings: { port: 1 } }),
    expected: () => ({
      state: "unreachable",
      class: "connect",
      fix: /nothing answers on localhost:1; check host and port/,
    }),
    mend: (trial, protocol) => trial.patch({ port: trial.sandbox.ports[protocol], password: "demo" }),
  },
  {
    what: "a private CA that is not given",
    options: (protocol) => ({
      certificate: "server",
      settings: ({ ports }) => ({ security: "tls", port: ports[tlsPort(protocol)] }),
    }),
    expected: () => ({ state: "misconfigured", class: "tls", fix: /set tls\.ca to that authority's certificate/ }),
    mend: (trial) => trial.patch({ tls: { ca } }),
  },
  {
    what: "a private CA that is not given, with STARTTLS",
    options: () => ({ certificate: "server", settings: { security: "starttls" } }),
    expected: () => ({ state: "misconfigured", class: "tls", fix: /set tls\.ca to that authority's certificate/ }),
    mend: (trial) => trial.patch({ tls: { ca } }),
  },
  {
    what: "a self-signed certificate",
    options: () => ({ certificate: "self-signed", settings: { security: "starttls" } }),
    expected: () => ({
      state: "misconfigured",
      class: "tls",
      fix: /self-signed; set tls\.ca to it, or tls\.fingerprint_sha256/,
    }),
    mend: (trial) => trial.patch({ tls: { ca: certificate("self-signed").cert } }),
  },
  {
    what: "an expired certificate",
    options: () => ({ certificate: "expired", settings: { security: "starttls", tls: { ca } } }),
    expected: () => ({ state: "misconfigured", class: "tls", fix: /certificate has expired; renew it on the server/ }),
    async mend(trial) {
      await trial.replace({ certificate: "server" })
      await trial.tryNow()
    },
  },
  {
    what: "a certificate for another name",
    options: () => ({ certificate: "wrong-name", settings: { security: "starttls", tls: { ca } } }),
    expected: () => ({ state: "misconfigured", class: "tls", fix: /for another name; set tls\.server_name/ }),
    async mend(trial) {
      await trial.replace({ certificate: "server" })
      await trial.tryNow()
    },
  },
  {
    what: "a server without STARTTLS",
    options: () => ({ settings: { security: "starttls", tls: { ca } } }),
    expected: (protocol) => ({
      state: "misconfigured",
      class: "tls",
      fix: new RegExp(
        `does not offer STARTTLS; use port ${{ imap: 993, pop3: 995, smtp: 465 }[protocol]} with security tls`,
      ),
    }),
    async mend(trial) {
      await trial.replace({ certificate: "server" })
      await trial.tryNow()
    },
  },
  {
    what: "a port without TLS where TLS was expected",
    options: () => ({ certificate: "server", settings: { security: "tls", tls: { ca } } }),
    expected: () => ({
      state: "misconfigured",
      class: "tls",
      fix: /^port \d+ answers with(?:out TLS| STARTTLS); set security to starttls$/,
    }),
    mend: (trial) => trial.patch({ security: "starttls", password: "demo" }),
  },
]

for (const { what, options, expected, mend } of cases) {
  describe.concurrent(`${what} is told with its cure by verify and by the account, and mending it lets the mail through once`, () => {
    for (const protocol of protocols) {
      it(protocol, async () => {
        const trial = await startTrial(relay, { protocol, ...options(protocol) })
        await trial.begin()
        await Promise.all([trial.verifyFails(expected(protocol)), trial.fails(expected(protocol))])
        await mend(trial, protocol)
        await trial.comesThroughOnce()
        await trial.stop()
      })
    }
  })
}

describe.concurrent("a private CA that is given is trusted for its account", () => {
  for (const protocol of protocols) {
    it(protocol, async () => {
      const trial = await startTrial(relay, {
        protocol,
        certificate: "server",
        settings: { security: "starttls", tls: { ca } },
      })
      const { ok, checks } = await trial.verify()
      expect([ok, checks[0].authenticated]).toEqual([true, true])
      await trial.begin()
      await trial.comesThroughOnce()
      await trial.stop()
    })
  }
})
