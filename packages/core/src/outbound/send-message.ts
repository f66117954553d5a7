import { type AccountRecord, accountRecordId } from "../account/account.ts"
import { RelayError } from "../error/relay-error.ts"
import { canSee } from "../key/authorize.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { buildMail } from "./build-mail.ts"
import { checkSender } from "./check-sender.ts"
import { collectRecipients } from "./collect-recipients.ts"
import { fingerprintOf } from "./fingerprint.ts"
import type { OutboundMessage } from "./message.ts"
import { newState } from "./new-state.ts"
import { excessBytes, packOutbound, unpackOutbound } from "./pack-record.ts"
import { describeRaw, readRawMail } from "./read-raw-mail.ts"
import type { SendMessageInput } from "./send-input.ts"
import { type OutboundState, outboundRecordId } from "./state.ts"
import { storeContent } from "./stored-content.ts"

export type SendPorts = Pick<Ports, "content" | "records" | "jobs" | "parser" | "clock" | "ids" | "limits" | "log">

export interface Sent {
  message: OutboundMessage
  /** The same request was accepted before. */
  replayed: boolean
}

/**
 * Accepts a message: once this resolves it is durable and certain to be worked on. Content first, then the record if absent (the
 * commit point and the idempotency record), then the job. A crash before the record promised nothing; after it, a repeat with
 * the same key makes sure of the job.
 * @throws RelayError for what does not fit the account or the key; `idempotency_mismatch` for a key used with another request.
 */
export async function sendMessage(
  ports: SendPorts,
  actor: Actor,
  request: { input: SendMessageInput; idempotencyKey: string | null },
): Promise<Sent> {
  const { input, idempotencyKey } = request
  const accountId = accountIdOf(actor, input)
  const test = input.test || actor.settings.test
  const fingerprint = fingerprintOf(ports.ids, input)
  const id =
    idempotencyKey === null ? ports.ids.random("out") : ports.ids.derive("out", accountId, String(test), idempotencyKey)
  // What was accepted once is answered as then, whatever became of the account, the key's rights or the clock since.
  const repeat = idempotencyKey === null ? undefined : await repeated(ports, actor, { id, fingerprint })
  if (repeat !== undefined) return repeat

  const account = await findAccount(ports, actor, accountId)
  const { state, keys } = await prepare(ports, { actor, input, account, id, test, fingerprint })
  const put = await ports.records.put(packOutbound(state, expiryOf(ports, state)), { absent: true })
  if (!put.won) {
    const current = put.current ?? (await ports.records.get(outboundRecordId(id)))
    const stands = current === undefined ? undefined : unpackOutbound(current)
    // A store that asks again after a lost answer loses against its own first write, whose content must stay.
    if (stands?.contentKey !== state.contentKey) await ports.content.delete(keys)
    if (stands === undefined) throw new RelayError("overloaded", "The message was removed meanwhile. Try again.")
    return replay(ports, stands, fingerprint)
  }
  await start(ports, state)
  return { message: state.message, replayed: false }
}

/** Checks the message against its account and stores its content. */
async function prepare(
  ports: SendPorts,
  request: {
    actor: Actor
    input: SendMessageInput
    account: AccountRecord
    id: string
    test: boolean
    fingerprint: string
  },
): Promise<{ state: OutboundState; keys: string[] }> {
  const { actor, account, id, test } = request
  checkTimes(request.input, ports.clock.now())
  checkSize(request.input, ports.limits.maxMessageBytes)
  const raw = request.input.raw === null ? null : await readRawMail(ports, request.input.raw)
  const input = raw === null ? request.input : describeRaw(request.input, raw)
  const from = fromOf(account, input)
  checkSender(account.settings, from)
  checkRoute(account, input, test)
  const recipients = collectRecipients(input, actor)
  const mail = buildMail({ id, input, from, now: ports.clock.now(), raw })
  const state = newState(ports, { ...request, input, recipients, mail })
  checkRoom(state)
  const { keys } = await storeContent(ports.content, state.contentKey, mail)
  return { state, keys }
}

async function repeated(
  ports: SendPorts,
  actor: Actor,
  { id, fingerprint }: { id: string; fingerprint: string },
): Promise<Sent | undefined> {
  const record = await ports.records.get(outboundRecordId(id))
  if (record === undefined) return undefined
  const state = unpackOutbound(record)
  return canSee(actor, state.message) ? replay(ports, state, fingerprint) : undefined
}

function checkTimes(input: SendMessageInput, now: number): void {
  if (input.expires_at === null || Date.parse(input.expires_at) > now) return
  throw new RelayError("invalid_request", "expires_at is in the past.", {
    fix: "Give a time to come, or leave expires_at out.",
    errors: [{ pointer: "/expires_at", code: "out_of_range", detail: "must be in the future" }],
  })
}

function checkRoom(state: OutboundState): void {
  const excess = excessBytes(state)
  if (excess === 0) return
  throw new RelayError("invalid_request", `The recipients and metadata are ${excess} octets too long in all.`, {
    fix: "Send to fewer recipients a message: a thousand fit while addresses have about 40 characters.",
    errors: [{ pointer: "/to", code: "too_long", detail: "too many octets over all recipients" }],
  })
}

function accountIdOf(actor: Actor, input: SendMessageInput): string {
  const bound = actor.settings.accounts
  const id = input.account ?? (bound?.length === 1 ? bound[0] : undefined)
  if (id !== undefined) return id
  throw new RelayError("account_required", "The request names no account.", {
    fix: 'Add "account" with the id of the account to send with.',
    errors: [{ pointer: "/account", code: "required", detail: "this key is not bound to one account" }],
  })
}

async function findAccount(ports: SendPorts, actor: Actor, id: string): Promise<AccountRecord> {
  const record = await ports.records.get<AccountRecord>(accountRecordId(id))
  if (record === undefined || !canSee(actor, { account: id, tenant: record.body.settings.tenant })) {
    throw new RelayError("unknown_account", `There is no account ${id}.`, {
      fix: "Create it with POST /v1/accounts, or name another.",
      errors: [{ pointer: "/account", code: "unknown_account", detail: "no such account" }],
    })
  }
  return record.body
}

function fromOf(account: AccountRecord, input: SendMessageInput) {
  return input.from ?? { name: account.settings.name, address: account.settings.email }
}

function checkRoute(account: AccountRecord, input: SendMessageInput, test: boolean): void {
  if (test) return
  const names = account.settings.smtp.map((route) => route.name)
  if (names.length === 0) {
    throw new RelayError("unknown_route", `Account ${account.id} has no SMTP server.`, {
      fix: 'Give the account "smtp" settings, or send with "test": true.',
    })
  }
  if (input.route === null || names.includes(input.route)) return
  throw new RelayError("unknown_route", `Account ${account.id} has no route ${input.route}.`, {
    fix: `Use one of: ${names.join(", ")}; or leave route out.`,
    errors: [{ pointer: "/route", code: "unknown_route", detail: "no such route" }],
  })
}

/** Base64 adds a third and line ends; what passes here is below the limit on the wire, give or take headers. */
function checkSize(input: SendMessageInput, maxBytes: number): void {
  const content = (input.text?.length ?? 0) + (input.html?.length ?? 0)
  const files = input.attachments.reduce((sum, attachment) => sum + Math.ceil(attachment.content.size * 1.37), 0)
  const size = input.raw?.size ?? content + files
  if (size <= maxBytes) return
  throw new RelayError("message_too_large", `The mail would be about ${size} octets; the limit is ${maxBytes}.`, {
    fix: "Send a smaller mail, or raise POSTRIDER_MAX_MESSAGE_BYTES.",
  })
}

/** The record stands; if the queue is down the tick finds the message by `due`, and if that fails too the caller is told. */
async function start(ports: SendPorts, state: OutboundState): Promise<void> {
  if (state.message.status !== "queued") return
  try {
    await sendJob(ports, state)
  } catch (error) {
    ports.log.warn("send.queue_down", { message: state.message.id }, error)
    await markDue(ports, state)
  }
}

async function sendJob(ports: SendPorts, state: OutboundState): Promise<void> {
  const { id, account } = state.message
  await ports.jobs.send([{ job: { type: "deliver_message.v1", message: id }, group: account }])
}

async function markDue(ports: SendPorts, state: OutboundState): Promise<void> {
  try {
    const now = ports.clock.now()
    const record = packOutbound({ ...state, due: now, wake: "tick" }, expiryOf(ports, state))
    await ports.records.put(record, { version: 1 })
  } catch (cause) {
    throw new RelayError("overloaded", "The message is stored but could not be queued.", {
      fix: "Repeat the request with the same Idempotency-Key.",
      retryAfterMs: 2000,
      cause,
    })
  }
}

/** A repeat of an accepted request: the answer of then, and the job again in case it was cut off. */
async function replay(ports: SendPorts, state: OutboundState, fingerprint: string): Promise<Sent> {
  if (state.fingerprint !== fingerprint) {
    throw new RelayError("idempotency_mismatch", "This Idempotency-Key was used with another request.", {
      fix: "Use a new key for a new message, or repeat the request exactly.",
    })
  }
  const untouched = state.message.status === "queued" && state.claim === null && state.attempts.length === 0
  if (untouched) await sendJob(ports, state)
  return { message: asAccepted(state), replayed: true }
}

function asAccepted(state: OutboundState): OutboundMessage {
  const { message } = state
  const at = message.created_at
  const nextAttempt = { queued: at, scheduled: message.scheduled_at, held: null }
  return {
    ...message,
    status: state.acceptedStatus,
    waiting_for: null,
    attempts: 0,
    next_attempt_at: nextAttempt[state.acceptedStatus],
    settled_at: null,
    updated_at: at,
    pending_action: null,
    possible_duplicate: false,
    server_message_id: null,
    recipients: message.recipients.map((r) => {
      return {
        address: r.address,
        status: "queued",
        category: null,
        code: null,
        enhanced_code: null,
        response: null,
        at,
      }
    }),
  }
}

function expiryOf(ports: SendPorts, state: OutboundState): number | undefined {
  const keep = ports.limits.keepMessagesMs
  return keep === null ? undefined : Math.max(ports.clock.now(), state.lifetimeEnd) + keep
}
