import type { Ids } from "../ports/ids.ts"
import type { Ports } from "../ports/ports.ts"
import { type AccountRecord, accountRecordId } from "./account.ts"
import { intakePart, partStatus } from "./part-status.ts"

/** Body of `plan#<account>`: polls at every time t, in milliseconds since the epoch, with t mod (seconds × 1000) = phase × 60 000 + offsetMs. */
export interface PlanRecord {
  account: string
  /** Of the intake; polls of one host share jobs. */
  host: string
  seconds: number
  /** Which minute of the interval; 0 for intervals up to a minute. */
  phase: number
  /** Within the minute, or within an interval shorter than that. */
  offsetMs: number
}

/** Body of `cfg#plan`: intervals that some plan uses, or used. The parts of the plan are these times their phases. */
export interface PlanIntervals {
  seconds: number[]
}

export const planRecordId = (account: string): string => `plan#${account}`
export const planIntervalsId = "cfg#plan"
/** Part of the index `owner`. */
export const planPart = (seconds: number, phase: number): string => `${seconds}#${phase}`
/** Minutes an interval covers, and so how many phases it has. */
export const planPhases = (seconds: number): number => Math.ceil(seconds / 60)

/** When the account is polled, spread by its id; null where it has no intake or the intake is paused. */
export function planOf(ids: Pick<Ids, "digest">, account: AccountRecord): PlanRecord | null {
  const part = intakePart(account.settings)
  const intake = part === null ? null : account.settings[part]
  if (part === null || intake === null || partStatus(account, part).paused) return null
  const digest = ids.digest(account.id)
  const seconds = intake.poll_seconds
  return {
    account: account.id,
    host: intake.host,
    seconds,
    phase: Number.parseInt(digest.slice(0, 8), 16) % planPhases(seconds),
    offsetMs: Number.parseInt(digest.slice(8, 16), 16) % (lastMinuteSeconds(seconds) * 1000),
  }
}

/** The last minute of an interval may be a part of one; no offset may reach past it. */
function lastMinuteSeconds(seconds: number): number {
  return seconds % 60 === 0 ? 60 : seconds % 60
}

/** Makes the plan fit the account; writes only what differs. The interval is listed before a plan uses it. */
export async function writePlan(ports: Pick<Ports, "records" | "ids">, account: AccountRecord): Promise<void> {
  const wanted = planOf(ports.ids, account)
  const id = planRecordId(account.id)
  const current = await ports.records.get<PlanRecord>(id)
  if (wanted === null) {
    if (current !== undefined) await ports.records.delete(id)
    return
  }
  if (current !== undefined && samePlan(current.body, wanted)) return
  await listInterval(ports, wanted.seconds)
  const index = { owner: { part: planPart(wanted.seconds, wanted.phase), sort: account.id } }
  await ports.records.put<PlanRecord>({ id, body: wanted, index })
}

/** Ends the polls of an account that is gone. It may be made anew meanwhile, and counts on the plan it found there. */
export async function removePlan(ports: Pick<Ports, "records" | "ids">, account: string): Promise<void> {
  await ports.records.delete(planRecordId(account))
  const heir = await ports.records.get<AccountRecord>(accountRecordId(account))
  if (heir !== undefined) await writePlan(ports, heir.body)
}

function samePlan(a: PlanRecord, b: PlanRecord): boolean {
  return a.host === b.host && a.seconds === b.seconds && a.phase === b.phase && a.offsetMs === b.offsetMs
}

async function listInterval(ports: Pick<Ports, "records">, seconds: number): Promise<void> {
  for (;;) {
    const current = await ports.records.get<PlanIntervals>(planIntervalsId)
    const known = current?.body.seconds ?? []
    if (known.includes(seconds)) return
    const body = { seconds: [...known, seconds].sort((a, b) => a - b) }
    const when = current === undefined ? { absent: true as const } : { version: current.v }
    if ((await ports.records.put<PlanIntervals>({ id: planIntervalsId, body }, when)).won) return
  }
}
