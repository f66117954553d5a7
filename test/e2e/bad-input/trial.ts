import type { Faults } from "@postrider/sandbox/fault/fault"
import type { SandboxOptions } from "@postrider/sandbox/sandbox-options"
import { type Sandbox, startSandbox } from "@postrider/sandbox/start-sandbox"
import { expect } from "vitest"
import { type CertificateName, certificate } from "../../support/certificates.ts"
import { type RunningRelay, type Shape, until } from "../../support/running-relay.ts"

export type Protocol = "imap" | "pop3" | "smtp"

export interface TrialOptions {
  protocol: Protocol
  /** Without one the server has no TLS. */
  certificate?: CertificateName
  server?: SandboxOptions
  faults?: Faults
  /** Over those that would work. `port` may name a port of the sandbox. */
  settings?: Record<string, unknown> | ((sandbox: Sandbox) => Record<string, unknown>)
}

export interface Expected {
  state: "auth_failed" | "misconfigured" | "unreachable"
  class: string
  fix: RegExp
  response?: RegExp
}

let made = 0

/** One account at a server of its own, with one mail that waits to come in or go out. */
export async function startTrial(relay: RunningRelay, options: TrialOptions) {
  const { protocol } = options
  const id = `trial-${++made}-${protocol}`
  let sandbox = await serve(options)
  const given = typeof options.settings === "function" ? options.settings(sandbox) : options.settings
  const server = {
    host: "localhost",
    port: sandbox.ports[protocol],
    security: "none",
    username: "ada",
    password: "demo",
    ...(protocol === "smtp" ? {} : { history: "all" }),
    ...given,
  }
  const account = { id, email: "ada@demo.test", [protocol]: server }
  let sent = ""

  const part = async (): Promise<Shape> => {
    const { body } = await relay.call("GET", `/v1/accounts/${id}`)
    return protocol === "smtp" ? body.smtp[0] : body[protocol]
  }
  /** Mails that are through. */
  const through = async (): Promise<unknown[]> => {
    if (protocol === "smtp") return [...sandbox.smtp.accepted]
    return (await relay.events(id)).filter(({ type }) => type === "message.received").map(({ data }) => data)
  }
  const trial = {
    id,
    server,
    get sandbox() {
      return sandbox
    },
    part,
    through,
    get sent() {
      return sent
    },
    async create(): Promise<void> {
      const { status, body } = await relay.call("POST", "/v1/accounts", { json: account })
      expect(status, JSON.stringify(body)).toBe(201)
    },
    /** The account, and its one mail. */
    async begin(text = "hi"): Promise<void> {
      if (protocol !== "smtp")
        sandbox.deliver(`Message-ID: <${id}@demo.test>\r\nSubject: hi\r\n\r\nhi\r\n`, { to: "ada" })
      await trial.create()
      if (protocol !== "smtp") return
      const { status, body } = await relay.call("POST", "/v1/messages", {
        json: { account: id, to: "bob@demo.test", subject: id, text },
      })
      expect(status).toBe(202)
      sent = body.id
    },
    /** Waits for the failure, checks what is told of it, and that nothing came through. */
    async fails(expected: Expected, ms?: number): Promise<Shape> {
      const failed = await until(part, ({ last_error }) => last_error !== null, ms)
      expect(failed).toMatchObject({
        state: expected.state,
        last_error: { class: expected.class, fix: expect.stringMatching(expected.fix) },
      })
      if (expected.response) expect(failed.last_error.response).toMatch(expected.response)
      expect(await through()).toEqual([])
      return failed
    },
    async verify(): Promise<Shape> {
      const { status, body } = await relay.call("POST", "/v1/accounts/verify", { json: account })
      expect(status).toBe(200)
      return body
    },
    async verifyFails(expected: Omit<Expected, "state">): Promise<Shape> {
      const answer = await trial.verify()
      expect(answer.ok).toBe(false)
      expect(answer.checks[0]).toMatchObject({
        protocol,
        ok: false,
        class: expected.class,
        fix: expect.stringMatching(expected.fix),
      })
      return answer
    },
    async patch(settings: Record<string, unknown>): Promise<void> {
      const change = protocol === "smtp" ? [{ ...server, ...settings }] : settings
      const { status, body } = await relay.call("PATCH", `/v1/accounts/${id}`, {
        json: { [protocol]: change },
        headers: { "Content-Type": "application/merge-patch+json" },
      })
      expect(status, JSON.stringify(body)).toBe(200)
    },
    /** The message that waits for its next attempt is tried now. */
    async retryIfDeferred(): Promise<void> {
      const { body: message } = await relay.call("GET", `/v1/messages/${sent}`)
      if (message.status !== "deferred") return
      const { status, body } = await relay.call("POST", `/v1/messages/${sent}/retry`)
      expect(status, JSON.stringify(body)).toBe(200)
    },
    /** Without waiting for the next planned try. */
    async tryNow(): Promise<void> {
      if (protocol === "smtp") return trial.resume()
      expect((await relay.call("POST", `/v1/accounts/${id}/poll`)).status).toBe(202)
    },
    async resume(): Promise<void> {
      expect((await relay.call("POST", `/v1/accounts/${id}/resume`)).status).toBe(200)
    },
    /** Ends the server and starts another with the same mails at the same ports. */
    async replace(next: Pick<TrialOptions, "certificate" | "server">): Promise<void> {
      const { ports } = sandbox
      const mails = sandbox.mailbox("ada").messages
      await sandbox.stop()
      sandbox = await serve({ protocol, ...next, server: { ...next.server, ports } })
      for (const { content, internalDate } of mails) sandbox.mailbox("ada").add({ content, internalDate })
    },
    /** The one mail comes through, and later polls and jobs bring no second. */
    async comesThroughOnce(): Promise<void> {
      if (protocol === "smtp") await trial.retryIfDeferred()
      await until(through, (mails) => mails.length > 0)
      if (protocol === "smtp") {
        await until(
          () => relay.call("GET", `/v1/messages/${sent}`),
          ({ body }) => body.status === "sent",
        )
      } else await pollAgain(relay, trial)
      expect((await through()).length).toBe(1)
      expect(await until(part, ({ state }) => state === "ok")).toMatchObject({ last_error: null })
    },
    stop: async () => {
      await relay.call("DELETE", `/v1/accounts/${id}`)
      await sandbox.stop()
    },
  }
  return trial
}

export type Trial = Awaited<ReturnType<typeof startTrial>>

function serve({ certificate: name, server = {}, faults }: TrialOptions): Promise<Sandbox> {
  const tls = name === undefined ? {} : { tls: certificate(name) }
  return startSandbox({ ...tls, ...server }).then((sandbox) => {
    if (faults) sandbox.faults.set(faults)
    return sandbox
  })
}

/** Polls once more and waits for the end of that session. */
export async function pollAgain(
  relay: RunningRelay,
  trial: { id: string; sandbox: Sandbox; server: Shape },
): Promise<void> {
  const ended = () => trial.sandbox.log.sessions.filter(({ closedAt }) => closedAt !== undefined).length
  const before = ended()
  expect((await relay.call("POST", `/v1/accounts/${trial.id}/poll`)).status).toBe(202)
  await until(ended, (count) => count > before)
}
