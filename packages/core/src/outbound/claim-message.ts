import type { AccountRecord, SmtpRoute } from "../account/account.ts"
import type { Ports } from "../ports/ports.ts"
import { chooseRoute } from "./choose-route.ts"
import type { RunContext } from "./deliver-message.ts"
import { packOutbound } from "./pack-record.ts"
import type { OutboundState } from "./state.ts"
import { testRoute } from "./test-sink.ts"
import { expiryOf, writeState } from "./write-state.ts"

export type Claimed =
  | { kind: "claimed"; state: OutboundState; account: AccountRecord; route: SmtpRoute }
  | { kind: "waits"; state: OutboundState; until: number }
  | { kind: "lost" }

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
  if (account === undefined) return waits(ports, state, { reason: "account_removed", until: now + lookAgainMs })
  const choice = state.message.test
    ? { kind: "route" as const, route: testRoute }
    : chooseRoute(account, { route: state.route, now, draw: ports.ids.fraction() })
  if (choice.kind === "wait") {
    return waits(ports, state, { reason: choice.reason, until: Math.min(choice.until, now + lookAgainMs) })
  }
  const next: OutboundState = {
    ...state,
    claim: { run: context.run, until: context.deadline + graceMs },
    message: { ...state.message, waiting_for: null },
  }
  const put = await ports.records.put(packOutbound(next, expiryOf(ports, next)), { version })
  if (!put.won) return { kind: "lost" }
  return { kind: "claimed", state: next, account, route: choice.route }
}

async function waits(
  ports: Pick<Ports, "records" | "clock" | "limits">,
  state: OutboundState,
  { reason, until }: { reason: string; until: number },
): Promise<Claimed> {
  if (state.message.waiting_for === reason) return { kind: "waits", state, until }
  const written = await writeState(ports, state.message.id, (current) => {
    if (current.claim !== null) return undefined
    return { ...current, message: { ...current.message, waiting_for: reason } }
  })
  return written === undefined ? { kind: "lost" } : { kind: "waits", state: written, until }
}
