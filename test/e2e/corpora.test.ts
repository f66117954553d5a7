import { createHash } from "node:crypto"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { type Sandbox, startSandbox } from "@postrider/sandbox/start-sandbox"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type RunningRelay, startRelay, until } from "../support/running-relay.ts"

const folder = process.env.POSTRIDER_CORPORA
/** What lies beside the mails: expected parses, licences. */
const noMail = /\.(?:json|golden|png|md)$|(?:^|\/)(?:LICENSE|COPYING|\.gitattributes)$/

function readMails(path: string): Buffer[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !noMail.test(file))
    .sort()
    .map((file) => readFileSync(file))
}

/** As an MTA hands a mail to POP3, which knows whole lines only (RFC 1939 section 3). */
function inLines(mail: Buffer): Buffer {
  const text = mail.toString("latin1").replace(/\r\n|\r|\n/g, "\r\n")
  return Buffer.from(text.endsWith("\r\n") ? text : `${text}\r\n`, "latin1")
}

const hashOf = (octets: Buffer): string => createHash("sha256").update(octets).digest("hex")

describe.skipIf(folder === undefined)("every mail of the corpora (skipped without POSTRIDER_CORPORA)", () => {
  let relay: RunningRelay
  let sandbox: Sandbox
  beforeAll(async () => {
    relay = await startRelay()
    sandbox = await startSandbox()
  })
  afterAll(async () => {
    await relay?.stop()
    await sandbox?.stop()
  })

  it.each([
    ["imap", (mail: Buffer) => mail],
    ["pop3", inLines],
  ] as const)(
    "becomes one message.received over %s, its octets kept as they were, and nothing crashes",
    {
      timeout: 180_000,
    },
    async (protocol, form) => {
      const mails = readMails(folder ?? "")
        .filter((mail) => mail.length > 0)
        .map(form)
      expect(mails.length).toBeGreaterThan(0)
      for (const mail of mails) sandbox.deliver(mail, { to: protocol })
      const server = {
        host: "127.0.0.1",
        port: sandbox.ports[protocol],
        security: "none",
        username: protocol,
        password: "demo",
      }
      const startedAt = performance.now()
      const { status } = await relay.call("POST", "/v1/accounts", {
        json: { id: protocol, email: "ada@demo.test", [protocol]: { ...server, history: "all" } },
      })
      expect(status).toBe(201)
      const received = async () => (await relay.events(protocol)).filter(({ type }) => type === "message.received")
      const mailbox = () => relay.call("GET", `/v1/accounts/${protocol}`)
      await until(mailbox, ({ body }) => body.last_poll_at !== null, 150_000)
      const events = await until(received, (found) => found.length >= mails.length, 20_000)
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)

      const kept: string[] = []
      for (const { data } of events) kept.push(hashOf(await relay.octets(`/v1/messages/${data.id}/raw`)))
      const parsed = Object.entries(Object.groupBy(events, ({ data }) => data.parse.status))
      const counts = parsed.map(([parse, found]) => `${found?.length} ${parse}`).join(", ")
      process.stdout.write(
        `corpora: ${mails.length} mails over ${protocol}, ${events.length} events, ${counts}, ${seconds} s\n`,
      )
      expect(events.length).toBe(mails.length)
      expect(kept.sort()).toEqual(mails.map(hashOf).sort())
      expect(new Set(events.map(({ id }) => id)).size).toBe(mails.length)
      expect((await mailbox()).body.state).toBe("ok")
      expect(relay.errors).toEqual([])
    },
  )
})
