import type { AccountRecord, SmtpRoute } from "../account/account.ts"
import type { Ports } from "../ports/ports.ts"
import type { StoredRecord } from "../ports/record-store.ts"
import { chooseRoute } from "./choose-route.ts"
import type { RunContext } from "./deliver-message.ts"
import { packOutbound, unpackOutbound } from "./pack-record.ts"
import { nextTransaction } from "./run-transactions.ts"
import { dueRecipients, isResting, isWokenByTick, type OutboundState } from "./state.ts"
import { testRoute } from "./test-sink.ts"
import { expiryOf, writeState } from "./write-state.ts"

export type Claimed =
  | { kind: "claimed"; state: OutboundState; account: AccountRecord; route: SmtpRoute }
  | { kind: "waits"; state: OutboundState; until: number }
  | { kind: "lost" }
  /** The account it was accepted for is no more. */
  | { kind: "orphaned" }

/** A claim outlives the deadline of its run by this much, for the clocks of several hosts. */
const graceMs = 60_000
/** A waiting message looks again this often at most, so that new credentials or a resumed route are noticed. */
const lookAgainMs = 5 * 60_000

/**
 * Takes the right to deliver, by version, when a route may be used now; else says what the message waits for. No attempt is
 * counted for waiting.
 */
export async function claimMessage(
  ports: Pick<Ports, "records" | "clock" | "ids" | "limits">,
  state: OutboundState,
  { account, context, version }: { account: AccountRecord | undefined; context: RunContext; version: number },
): Promise<Claimed> {
  const now = ports.clock.now()
  // An account made anew under the same id is another one.
  if (account === undefined || state.message.created_at < account.created_at) return { kind: "orphaned" }
  const choice = state.message.test
    ? { kind: "route" as const, route: testRoute }
    : chooseRoute(account, { route: state.route, now, draw: ports.ids.fraction() })
  if (choice.kind === "wait") {
    return waits(ports, state, { reason: choice.reason, until: Math.min(choice.until, now + lookAgainMs) })
  }
  const next: OutboundState = {
    ...state,
    claim: {
      run: context.run,
      until: context.deadline + graceMs,
      offered: nextTransaction(dueRecipients(state, now), choice.route),
    },
    // The job that delivers it comes back until it is done: the tick need not look any more.
    wake: "queue",
    message: { ...state.message, waiting_for: null },
  }
  if (!(await takeClaim(ports, next, version))) return { kind: "lost" }
  return { kind: "claimed", state: next, account, route: choice.route }
}

/** A write whose answer was lost may have won: the record tells, and a claim of ours is not left to run out. */
async function takeClaim(
  ports: Pick<Ports, "records" | "clock" | "limits">,
  next: OutboundState,
  version: number,
): Promise<boolean> {
  const record = packOutbound(next, expiryOf(ports, next))
  const isOurs = (stands: StoredRecord | undefined): boolean =>
    stands !== undefined && unpackOutbound(stands).claim?.run === next.claim?.run
  try {
    const put = await ports.records.put(record, { version })
    return put.won || isOurs(put.current)
  } catch (error) {
    if (isOurs(await ports.records.get(record.id))) return true
    throw error
  }
}

async function waits(
  ports: Pick<Ports, "records" | "clock" | "limits">,
  state: OutboundState,
  { reason, until }: { reason: string; until: number },
): Promise<Claimed> {
  if (state.message.waiting_for === reason && !isWokenByTick(state)) return { kind: "waits", state, until }
  const written = await writeState(ports, state.message.id, (current) => {
    if (current.claim !== null || isResting(current.message.status)) return undefined
    return { ...current, wake: "queue", message: { ...current.message, waiting_for: reason } }
  })
  return written === undefined ? { kind: "lost" } : { kind: "waits", state: written, until }
}
