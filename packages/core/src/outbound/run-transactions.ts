import type { AccountRecord, SmtpRoute } from "../account/account.ts"
import { recordPartOutcome } from "../account/record-part-outcome.ts"
import { RelayError } from "../error/relay-error.ts"
import type { SendResult } from "../ports/mail-sender.ts"
import type { ComposedMail } from "../ports/mime.ts"
import { chooseRoute } from "./choose-route.ts"
import type { DeliverPorts, RunContext } from "./deliver-message.ts"
import { failContent, giveBack } from "./end-run.ts"
import { dueRecipients, type OutboundState } from "./state.ts"
import { composeStored } from "./stored-content.ts"
import { transact } from "./transact.ts"
import { isOurs, writeOutcome } from "./write-outcome.ts"

/** mail-rules H4. */
const recipientsPerTransaction = 100
/** Least time a transaction needs: a minute and the mail at 100 kB/s (mail-rules H6). */
const minTransactionMs = 60_000
const minBytesPerMs = 100
/** After a fault of our own stores. */
const afterFaultMs = 60_000
const afterShortTimeMs = 5000

export interface Run {
  /** As it was written last by this run. */
  state: OutboundState
  account: AccountRecord
  route: SmtpRoute
  context: RunContext
  /** Routes that cannot take this mail (mail-rules H2). */
  passedOver: ReadonlySet<string>
}

/** The places of the next transaction over a route. */
export function nextTransaction(places: readonly number[], route: SmtpRoute): number[] {
  return places.slice(0, Math.min(route.limits.recipients ?? recipientsPerTransaction, recipientsPerTransaction))
}

/**
 * Sends to all recipients whose time has come, a hundred a transaction, and writes the outcome of each transaction before the next
 * one starts. Answers the state after the last one, with the claim given back.
 */
export async function runTransactions(ports: DeliverPorts, run: Run): Promise<OutboundState> {
  const mail = await compose(ports, run)
  if ("message" in mail) return mail
  let places = dueRecipients(run.state, ports.clock.now())
  let current = run
  while (places.length > 0) {
    const startedAt = ports.clock.now()
    const enough = run.context.deadline - startedAt >= minTransactionMs + mail.size / minBytesPerMs
    if (!enough) break
    const offered = nextTransaction(places, current.route)
    const result = await transact(ports, { run: current, mail, places: offered })
    if ("fault" in result) {
      const other = passOver(ports, current, result)
      if (other !== undefined) {
        current = other
        continue
      }
    } else return afterThrow(ports, current, result.thrown)
    places = places.slice(offered.length)
    const last = places.length === 0 || result.fault !== null
    const next = nextTransaction(places, current.route)
    const state = await writeOutcome(ports, { run: current, result, startedAt, last, next })
    current = { ...current, state }
    if (last || !isOurs(state, run)) {
      await reportRoute(ports, current, { result, startedAt })
      return state
    }
  }
  return giveBack(ports, current, afterShortTimeMs)
}

/** A route without what the mail needs is passed over, where another one is left (mail-rules H2). */
function passOver(ports: DeliverPorts, run: Run, result: SendResult): Run | undefined {
  if (result.unsupported === undefined || run.state.route !== null || run.state.message.test) return undefined
  const passedOver = new Set([...run.passedOver, run.route.name])
  const request = { route: null, now: ports.clock.now(), draw: ports.ids.fraction(), excluded: passedOver }
  const choice = chooseRoute(run.account, request)
  return choice.kind === "route" ? { ...run, route: choice.route, passedOver } : undefined
}

/** The dot was not sent: what was thrown came from our own stores, or from the mail itself. */
function afterThrow(ports: DeliverPorts, run: Run, error: unknown): Promise<OutboundState> {
  const ours = error instanceof RelayError && (error.code === "erased" || error.code === "invalid_request")
  if (ours) return failContent(ports, run, error)
  ports.log.error("deliver.interrupted", { message: run.state.message.id }, error)
  return giveBack(ports, run, afterFaultMs)
}

async function compose(ports: DeliverPorts, run: Run): Promise<ComposedMail | OutboundState> {
  try {
    return await composeStored(ports, run.state.contentKey, run.state.date)
  } catch (error) {
    return afterThrow(ports, run, error)
  }
}

/** A refusal of the mail says that the route works; a fault of the session does not. */
async function reportRoute(
  ports: DeliverPorts,
  run: Run,
  { result, startedAt }: { result: SendResult; startedAt: number },
): Promise<void> {
  if (run.state.message.test) return
  const { account, route } = run
  await recordPartOutcome(ports, account.id, { part: `smtp:${route.name}`, fault: result.fault, startedAt })
}
