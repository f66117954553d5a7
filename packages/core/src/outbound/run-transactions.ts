import type { AccountRecord, SmtpRoute } from "../account/account.ts"
import { openServer } from "../account/open-server.ts"
import { recordPartOutcome } from "../account/record-part-outcome.ts"
import { RelayError } from "../error/relay-error.ts"
import type { SendResult } from "../ports/mail-sender.ts"
import type { ComposedMail } from "../ports/mime.ts"
import type { DeliverPorts, RunContext } from "./deliver-message.ts"
import { close, dueAt, obeyPending, settle } from "./plan-next.ts"
import { isOpen, type OutboundState } from "./state.ts"
import { composeStored } from "./stored-content.ts"
import { sinkResult } from "./test-sink.ts"
import { isOurs, writeOutcome } from "./write-outcome.ts"
import { insistOnState } from "./write-state.ts"

/** mail-rules H4. */
const recipientsPerTransaction = 100
/** Least time a transaction needs: a minute and the mail at 100 kB/s (mail-rules H6). */
const minTransactionMs = 60_000
const minBytesPerMs = 100

export interface Run {
  state: OutboundState
  account: AccountRecord
  route: SmtpRoute
  context: RunContext
  /** A copy stands in the Sent mailbox already: nothing is sent. */
  foundInSent: boolean
}

/**
 * Sends to all open recipients, a hundred a transaction, and writes the outcome of each transaction before the next one starts.
 * Answers the state after the last one, with the claim given back.
 */
export async function runTransactions(ports: DeliverPorts, run: Run): Promise<OutboundState> {
  if (run.foundInSent) return settleFound(ports, run)
  const mail = await composeOrRelease(ports, run)
  if ("message" in mail) return mail
  const open = run.state.message.recipients.filter(isOpen).map((r) => r.address)
  const perTransaction = Math.min(run.route.limits.recipients ?? recipientsPerTransaction, recipientsPerTransaction)
  let state = run.state
  for (let at = 0; at < open.length; at += perTransaction) {
    const last = at + perTransaction >= open.length
    const startedAt = ports.clock.now()
    const enough = run.context.deadline - startedAt >= minTransactionMs + mail.size / minBytesPerMs
    if (!enough) return giveBack(ports, run, startedAt)
    const result = await transact(ports, { run, mail, recipients: open.slice(at, at + perTransaction) })
    state = await writeOutcome(ports, {
      run: { ...run, state },
      result,
      startedAt,
      last: last || result.fault !== null,
    })
    if (last || state.claim?.run !== run.context.run) {
      await reportRoute(ports, run, result)
      return state
    }
  }
  return state
}

async function transact(
  ports: DeliverPorts,
  { run, mail, recipients }: { run: Run; mail: ComposedMail; recipients: string[] },
): Promise<SendResult> {
  const { state, route, context } = run
  const { message } = state
  if (message.test) return sinkResult(message, recipients)
  const server = openServer(ports, run.account, `smtp:${route.name}`)
  return ports.sender.send({
    server,
    poolKey: `${message.account}/${route.name}`,
    maxConnections: route.limits.connections ?? 5,
    mailFrom: state.mailFrom,
    recipients: recipients.map((address) => ({ address })),
    size: mail.size,
    body: () => mail.body(),
    eightBit: state.eightBit,
    smtpUtf8: state.smtpUtf8,
    dsn: { envid: message.id, ret: "hdrs" },
    deadline: context.deadline - 10_000,
    ...(context.signal === undefined ? {} : { signal: context.signal }),
  })
}

async function composeOrRelease(ports: DeliverPorts, run: Run): Promise<ComposedMail | OutboundState> {
  try {
    return await composeStored(ports, run.state.contentKey)
  } catch (error) {
    if (error instanceof RelayError && error.code === "erased") return failContent(ports, run, error)
    await giveBack(ports, run, ports.clock.now())
    throw error
  }
}

async function failContent(ports: DeliverPorts, run: Run, error: RelayError): Promise<OutboundState> {
  ports.log.error("deliver.content_gone", { message: run.state.message.id }, error)
  const written = await insistOnState(ports, run.state.message.id, (current) =>
    isOurs(current, run) ? close(current, ports.clock.now(), { status: "failed", category: "content" }) : undefined,
  )
  return written ?? run.state
}

/** Nothing was sent: the claim goes back and the message is due again soon. */
async function giveBack(ports: DeliverPorts, run: Run, now: number): Promise<OutboundState> {
  const written = await insistOnState(ports, run.state.message.id, (current) => {
    if (!isOurs(current, run)) return undefined
    return obeyPending(dueAt({ ...current, claim: null }, now + 5000, now), { now, unknown: false })
  })
  return written ?? run.state
}

async function settleFound(ports: DeliverPorts, run: Run): Promise<OutboundState> {
  const written = await insistOnState(ports, run.state.message.id, (current) => {
    if (!isOurs(current, run)) return undefined
    const now = ports.clock.now()
    const at = new Date(now).toISOString()
    const affected = current.message.recipients.flatMap((r, place) => (isOpen(r) ? [place] : []))
    const recipients = current.message.recipients.map((r) =>
      isOpen(r) ? { ...r, status: "sent" as const, category: null, response: "found in the Sent mailbox", at } : r,
    )
    const note = { type: "message.sent" as const, at: now, cause: "found-in-sent", affected }
    return settle(
      { ...current, announce: [...current.announce, note], message: { ...current.message, recipients } },
      now,
    )
  })
  return written ?? run.state
}

/** A refusal of the mail says that the route works; a fault of the session does not. */
async function reportRoute(ports: DeliverPorts, run: Run, result: SendResult): Promise<void> {
  if (run.state.message.test) return
  const { account, route } = run
  await recordPartOutcome(ports, account.id, { part: `smtp:${route.name}`, fault: result.fault })
}
