import { createHash } from "node:crypto"
import { type ApiCalls, createApiCalls } from "./api-calls.ts"
import { accountTrouble, messageTrouble } from "./explain.ts"
import { invoice } from "./invoice.ts"
import type { Delivery } from "./receiver.ts"
import { type Screen, shownTime } from "./screen.ts"
import { shortId } from "./short-id.ts"
import type { Stack } from "./start-stack.ts"
import { StepFailed } from "./step-failed.ts"

interface Tour {
  stack: Stack
  screen: Screen
  api: ApiCalls
  patienceMs: number
}

export interface TourOptions {
  stack: Stack
  screen: Screen
  /** How long each webhook may take. */
  patienceMs: number
}

/**
 * The main job, step by step: accounts and endpoint, a mail with an attachment out over SMTP, back over IMAP and POP3, each step
 * as a verified webhook. @throws StepFailed naming what was expected and what was seen.
 */
export async function runTour({ stack, screen, patienceMs }: TourOptions): Promise<void> {
  const tour = { stack, screen, patienceMs, api: createApiCalls(stack.relay.url, stack.key) }
  const startedAt = Date.now()
  await settle(tour)
  const sent = await sendInvoice(tour)
  await watchSending(tour, sent)
  await readBack(tour, sent)
  const { deliveries } = stack.receiver
  const received = deliveries.filter((d) => d.type === "message.received").length
  screen.line()
  screen.line(
    `Done in ${((Date.now() - startedAt) / 1000).toFixed(1)} s: 1 mail sent, ${received} received, ${deliveries.length} webhooks verified, 0 lost.`,
  )
}

async function settle({ stack, screen, api }: Tour): Promise<void> {
  const { ports } = stack.sandbox
  const host = "127.0.0.1"
  screen.title("1  Say where to send, where to read, whom to tell")
  for (const { id, intake } of [
    { id: "ada", intake: "imap" },
    { id: "bob", intake: "pop3" },
  ] as const) {
    const login = { host, security: "none", username: id, password: "demo" }
    const answer = await api.post("/v1/accounts", {
      id,
      email: `${id}@demo.test`,
      smtp: { ...login, port: ports.smtp },
      [intake]: { ...login, port: ports[intake], poll_seconds: 1 },
    })
    screen.row(["POST /v1/accounts", String(answer.status), `${id}   ${id}@demo.test   smtp + ${intake}`])
  }
  const answer = await api.post("/v1/endpoints", { url: stack.receiver.url, types: ["*"] })
  stack.receiver.trust(String(answer.body.secret))
  screen.row(["POST /v1/endpoints", String(answer.status), `${shortId(answer.body.id)}   every event, to the receiver`])
  screen.line()
}

interface Sent {
  id: string
  bytes: number
  sha256: string
  at: number
}

async function sendInvoice({ screen, api }: Tour): Promise<Sent> {
  screen.title("2  Send a mail with an attachment")
  const file = invoice()
  const at = Date.now()
  const startedAt = performance.now()
  const answer = await api.post("/v1/messages", {
    account: "ada",
    to: ["ada@demo.test", "bob@demo.test"],
    subject: "Invoice 1042",
    text: "The invoice is attached.",
    attachments: [{ filename: "invoice.pdf", content: file.toString("base64"), content_type: "application/pdf" }],
  })
  const id = String(answer.body.id)
  const what = `${shortId(id)}   "Invoice 1042" from ada to ada and bob, invoice.pdf ${file.length / 1024} kB`
  screen.row(["POST /v1/messages", String(answer.status), what], shownTime(performance.now() - startedAt))
  screen.row(["", "", "202: it is on disk and will be worked on, whatever happens to this process"])
  screen.line()
  return { id, at, bytes: file.length, sha256: createHash("sha256").update(file).digest("hex") }
}

async function watchSending({ stack, screen, api, patienceMs }: Tour, sent: Sent): Promise<void> {
  screen.title("3  Relay it over SMTP")
  const event = await stack.receiver.waitFor((d) => d.type === "message.sent" && d.data.id === sent.id, patienceMs)
  if (event === undefined) {
    throw new StepFailed({ step: "message.sent", seen: nothing(patienceMs) }, await messageTrouble(api, sent.id))
  }
  const [attempt] = (await api.get(`/v1/messages/${sent.id}/attempts`)).data as Record<string, unknown>[]
  const recipients = (attempt?.recipients ?? []) as { outcome: string }[]
  const taken = recipients.filter((r) => r.outcome === "accepted").length
  const server = `sandbox:${attempt?.port} took it over for ${taken} of ${recipients.length} recipients`
  screen.row(["attempt 1", String(attempt?.code), server], shownTime(Number(attempt?.duration_ms)))
  screen.row(["message.sent", "204", `${shortId(event.id)}    signature valid`], sincePost(event, sent))
  screen.line()
}

async function readBack(tour: Tour, sent: Sent): Promise<void> {
  const { stack, screen, api, patienceMs } = tour
  screen.title("4  Read it back")
  const arrived: Delivery[] = []
  for (const [account, source] of [
    ["ada", "imap"],
    ["bob", "pop3"],
  ] as const) {
    const mine = (d: Delivery): boolean => d.type === "message.received" && d.data.account === account
    const event = await stack.receiver.waitFor(mine, patienceMs)
    if (event === undefined) {
      const seen = `${source} ${account}: ${nothing(patienceMs)}`
      throw new StepFailed({ step: "message.received", seen }, await accountTrouble(api, account, source))
    }
    arrived.push(event)
    const what = `${shortId(event.data.id)}     ${source} ${account}, signature valid`
    screen.row(["message.received", "204", what], sincePost(event, sent))
  }
  await compareFiles(tour, arrived, sent)
}

const nothing = (patienceMs: number): string => `nothing within ${patienceMs / 1000} s`
const sincePost = (event: Delivery, sent: Sent): string => `${shownTime(event.at - sent.at)} after the POST`

async function compareFiles({ api, screen }: Tour, arrived: Delivery[], sent: Sent): Promise<void> {
  for (const { data } of arrived) {
    const [file] = data.attachments as { url: string }[]
    const content = file === undefined ? new Uint8Array() : await api.bytes(file.url)
    const sha256 = createHash("sha256").update(content).digest("hex")
    if (sha256 !== sent.sha256) {
      const seen = `${content.length} bytes, sha256 ${sha256}`
      throw new StepFailed({ step: "invoice.pdf", seen }, [
        `Expected the ${sent.bytes} bytes sent, sha256 ${sent.sha256}.`,
      ])
    }
  }
  screen.row(["invoice.pdf", "", `${sent.bytes.toLocaleString("en")} bytes, sha256 as sent, both times`])
}
