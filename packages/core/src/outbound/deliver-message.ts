import { type AccountRecord, accountRecordId } from "../account/account.ts"
import { announceAccount } from "../account/announce-account.ts"
import { announceEvents } from "../event/announce-events.ts"
import type { DeliverMessageJob } from "../job/job.ts"
import type { Disposition } from "../ports/job-queue.ts"
import { maxDelayMs } from "../ports/job-queue.ts"
import type { Ports } from "../ports/ports.ts"
import { claimMessage } from "./claim-message.ts"
import { settleFound } from "./end-run.ts"
import { lookInSent } from "./look-in-sent.ts"
import { toEvent } from "./outbound-event.ts"
import { unpackOutbound } from "./pack-record.ts"
import { expire, obeyPending, planAfterDeath } from "./plan-next.ts"
import { type Run, runTransactions } from "./run-transactions.ts"
import { dueRecipients, isOfVerb, isResting, isWokenByTick, type OutboundState, outboundRecordId } from "./state.ts"
import { withdraw } from "./withdraw.ts"
import { writeState } from "./write-state.ts"

export type DeliverPorts = Omit<Ports, "parser" | "webhooks" | "vet" | "probe">

export interface RunContext {
  /** Times this job was received, from 1. */
  receives: number
  /** Names this run: `<process>.<random>`. */
  run: string
  /** The store belongs to this process alone, so a claim of another process is dead. */
  soleOwner: boolean
  /** End of the run, milliseconds since the epoch. */
  deadline: number
  /** A place among `size` under a key, or undefined when none came free in time. Taken before the claim. */
  place(key: string, size: number): Promise<(() => void) | undefined>
  signal?: AbortSignal
}

/**
 * Brings an outbound message one step further: claim by version, SMTP, outcome by version, events, next job. Two runs never hold
 * the claim at once, so a doubled job never sends twice; a run that died with it may have sent, and `mail-rules.md` I2 applies.
 */
export async function deliverMessage(
  ports: DeliverPorts,
  job: DeliverMessageJob,
  context: RunContext,
): Promise<Disposition> {
  const record = await ports.records.get(outboundRecordId(job.message))
  if (record === undefined) return done
  const state = unpackOutbound(record)
  // The run before may have died between its outcome and its events; announcing again is no second event.
  if (context.receives > 1) {
    await announce(ports, state)
    await announceAccount(ports, state.message.account)
  }
  const now = ports.clock.now()
  const step = nextStep(state, { ...context, now })
  switch (step.kind) {
    case "rest":
      return rest(ports, state)
    case "later":
      // The tick sends a job then; this one is another of an earlier time.
      if (state.claim === null && isWokenByTick(state)) return done
      await comeBack(ports, state, step.at)
      return done
    case "dead":
      return afterDeath(ports, state)
    case "expired":
      return finish(ports, state, (current) =>
        nextStep(current, { ...context, now }).kind === "expired" ? expire(current, now) : undefined,
      )
    case "go":
      return deliver(ports, { state, version: record.v }, context)
  }
}

/** A message whose account's connections are all busy looks again after about this long. */
const placeAgainMs = 2000
const defaultConnections = 5

/** Most deliveries of one account, and towards one host, in one process: a server that hangs must leave room for the others. */
const maxPerAccount = 16
const maxPerHost = 32

/** A place of the account and one of its first host; undefined where one of them is not to be had now. */
async function takePlaces(
  context: RunContext,
  id: string,
  account: AccountRecord | undefined,
): Promise<(() => void) | undefined> {
  const leaveAccount = await context.place(`account:${id}`, connectionsOf(account))
  if (leaveAccount === undefined) return undefined
  const host = account?.settings.smtp[0]?.host.toLowerCase()
  const leaveHost = host === undefined ? () => undefined : await context.place(`host:${host}`, maxPerHost)
  if (leaveHost === undefined) {
    leaveAccount()
    return undefined
  }
  return () => {
    leaveHost()
    leaveAccount()
  }
}

/** Connections an account may use at a time, over all its routes. */
function connectionsOf(account: AccountRecord | undefined): number {
  const each = account?.settings.smtp.map((route) => route.limits.connections ?? defaultConnections) ?? []
  const sum = each.reduce((all, n) => all + n, 0)
  return Math.min(Math.max(sum, 1), maxPerAccount)
}

const done: Disposition = { kind: "done" }

/** A verb writes before it tells; had its process died in between, this job still tells of it. */
async function rest(ports: DeliverPorts, state: OutboundState): Promise<Disposition> {
  const announced = state.announce.filter(isOfVerb)
  await announce(ports, { ...state, announce: announced })
  return done
}

type Step = { kind: "rest" | "dead" | "expired" | "go" } | { kind: "later"; at: number }

function nextStep(state: OutboundState, context: RunContext & { now: number }): Step {
  const { claim, due, message } = state
  if (isResting(message.status)) return { kind: "rest" }
  if (claim !== null) {
    const foreign = context.soleOwner && processOf(claim.run) !== processOf(context.run)
    if (!foreign && claim.until > context.now) return { kind: "later", at: claim.until }
    return { kind: "dead" }
  }
  if (due !== null && due > context.now) return { kind: "later", at: due }
  if (state.lifetimeEnd <= context.now) return { kind: "expired" }
  return { kind: "go" }
}

function processOf(run: string): string {
  return run.slice(0, run.indexOf("."))
}

async function deliver(
  ports: DeliverPorts,
  { state, version }: { state: OutboundState; version: number },
  context: RunContext,
): Promise<Disposition> {
  const account = await ports.records.get<AccountRecord>(accountRecordId(state.message.account))
  const leave = await takePlaces(context, state.message.account, account?.body)
  if (leave === undefined) {
    if (isWokenByTick(state)) await leaveTick(ports, state)
    await comeBack(ports, state, ports.clock.now() + placeAgainMs * (0.5 + ports.ids.fraction()))
    return done
  }
  try {
    return await deliverInPlace(ports, { state, version, account: account?.body }, context)
  } finally {
    leave()
  }
}

async function deliverInPlace(
  ports: DeliverPorts,
  { state, version, account }: { state: OutboundState; version: number; account: AccountRecord | undefined },
  context: RunContext,
): Promise<Disposition> {
  const startedAt = ports.clock.now()
  const claimed = await claimMessage(ports, state, { account, context, version })
  if (claimed.kind === "lost") return { kind: "retry", delayMs: 1000 }
  if (claimed.kind === "orphaned") return finish(ports, state, withdraw(ports.clock.now()))
  if (claimed.kind === "waits") {
    await comeBack(ports, claimed.state, claimed.until)
    return done
  }
  const run: Run = { ...claimed, context, passedOver: new Set() }
  const after = await runTransactions(ports, { ...run, state: await lookFirst(ports, run) })
  await announceSince(ports, after, startedAt)
  await wake(ports, after)
  return done
}

/** Those who may have got the mail are looked for in the Sent mailbox before they are offered it again (mail-rules I2). */
async function lookFirst(ports: DeliverPorts, run: Run): Promise<OutboundState> {
  const { state, account, context } = run
  const due = new Set(dueRecipients(state, ports.clock.now()))
  if (!state.unknown.some((place) => due.has(place))) return state
  const found = await lookInSent(ports, { account, message: state.message, deadline: context.deadline })
  return found ? settleFound(ports, run) : state
}

async function afterDeath(ports: DeliverPorts, state: OutboundState): Promise<Disposition> {
  const fraction = ports.ids.fraction()
  const dead = state.claim?.run
  return finish(ports, state, (current) => {
    if (current.claim === null || current.claim.run !== dead) return undefined
    const now = ports.clock.now()
    return obeyPending(planAfterDeath(current, { now, fraction }), now)
  })
}

/** It rides on the queue from now on; else the tick would send further jobs for it as long as it waits. */
async function leaveTick(ports: DeliverPorts, state: OutboundState): Promise<void> {
  await writeState(ports, state.message.id, (current) =>
    current.claim === null && isWokenByTick(current) && !isResting(current.message.status)
      ? { ...current, wake: "queue" }
      : undefined,
  )
}

/** Writes a decision, tells of it and sees to the next step. */
async function finish(
  ports: DeliverPorts,
  state: OutboundState,
  change: (current: OutboundState) => OutboundState | undefined,
): Promise<Disposition> {
  const startedAt = ports.clock.now()
  const after = await writeState(ports, state.message.id, change)
  if (after === undefined) return done
  await announceSince(ports, after, startedAt)
  await wake(ports, after)
  return done
}

async function announce(ports: DeliverPorts, state: OutboundState): Promise<void> {
  if (state.announce.length === 0) return
  const events = []
  for (const note of state.announce) events.push(await toEvent(ports, state, note))
  await announceEvents(ports, events)
}

/** What this run added; what stood there before was told by the run that wrote it, or is by its job's return. */
function announceSince(ports: DeliverPorts, state: OutboundState, startedAt: number): Promise<void> {
  return announce(ports, { ...state, announce: state.announce.filter((note) => note.at >= startedAt) })
}

/** The next job of a message that is due again; long waits are found by the tick. */
async function wake(ports: DeliverPorts, state: OutboundState): Promise<void> {
  if (state.due === null || state.wake === "tick" || state.claim !== null) return
  await comeBack(ports, state, state.due)
}

async function comeBack(ports: DeliverPorts, state: OutboundState, at: number): Promise<void> {
  const delayMs = Math.ceil(Math.min(Math.max(at - ports.clock.now(), 0), maxDelayMs))
  const { id, account } = state.message
  await ports.jobs.send([{ job: { type: "deliver_message.v1", message: id }, delayMs, group: account }])
}
