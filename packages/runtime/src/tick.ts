import type { Job } from "@postrider/core/job/job"
import { type JobToSend, maxDelayMs } from "@postrider/core/ports/job-queue"
import type { Ports } from "@postrider/core/ports/ports"
import type { StoredRecord } from "@postrider/core/ports/record-store"
import { dueMinute, dueSort } from "@postrider/core/record/due-index"
import { sendPlannedPolls } from "./planned-polls.ts"

/** Body of `cfg#tick`. */
interface TickRecord {
  /** Oldest minute of the `due` index that may not be empty. */
  from: string
  /** Polls planned up to this time are sent by whoever wrote this, or were sent before; milliseconds. */
  planned: number
  /** What was not yet sent when this was written: the polls from this time up to `planned`. Whoever begins anew sends them again. */
  unsent?: number
}

/** What one process remembers between ticks, so that a tick a second writes once a minute. */
export interface TickMemory {
  state: TickRecord | null
  savedMinute: string
  /** Due records fired lately, by id: version and time. What fired leaves the index only when its owner is next written. */
  fired: Map<string, { v: number; at: number }>
}

export const newTickMemory = (): TickMemory => ({ state: null, savedMinute: "", fired: new Map() })

const tickId = "cfg#tick"
const pageSize = 100
const sendAtOnce = 10
/** A fired record that was not written since is fired again after this long. */
const refireMs = 5 * 60_000
const minuteMs = 60_000
/** The very first tick may come late. */
const firstLookMs = 60 * minuteMs

type TickPorts = Pick<Ports, "records" | "jobs" | "clock" | "ids" | "log">

/**
 * Sends the jobs of everything due by now: waits in the `due` index, then planned polls. A late, missed or doubled tick only
 * delays or doubles jobs. Costs what is due and a constant, however many accounts there are.
 */
export async function tick(ports: TickPorts, memory: TickMemory): Promise<{ fired: number; polls: number }> {
  const now = ports.clock.now()
  const stored = await ports.records.get<TickRecord & { [key: string]: string | number }>(tickId)
  const state = memory.state ?? beginning(stored?.body, now)
  const { fired, from } = await fireDue(ports, memory, { from: state.from, now })
  const minute = dueMinute(now)
  if (minute !== memory.savedMinute) {
    const condition = stored === undefined ? { absent: true as const } : { version: stored.v }
    const body = { from, planned: now, unsent: state.planned }
    const put = await ports.records.put({ id: tickId, body }, condition)
    memory.savedMinute = minute
    // Another host ticked: it sends the polls of this minute.
    const other = put.won ? undefined : (put.current?.body as TickRecord | undefined)
    // A store that asks again after a lost answer loses against its own first write.
    if (!put.won && other?.planned !== now) {
      memory.state = other ?? null
      return { fired, polls: 0 }
    }
  }
  // Should a send fail, the next tick sends these polls again.
  memory.state = { from, planned: state.planned }
  const polls = await sendPlannedPolls(ports, { after: state.planned, now })
  memory.state = { from, planned: now }
  return { fired, polls }
}

/** When a tick last wrote its time, milliseconds; 0 where none did. */
export async function lastTickTime(ports: Pick<Ports, "records">): Promise<number> {
  const stored = await ports.records.get<TickRecord & { [key: string]: string | number }>(tickId)
  return stored?.body.planned ?? 0
}

function beginning(stored: TickRecord | undefined, now: number): TickRecord {
  if (stored === undefined) return { from: dueMinute(now - firstLookMs), planned: now }
  return { from: stored.from, planned: stored.unsent ?? stored.planned }
}

async function fireDue(
  ports: TickPorts,
  memory: TickMemory,
  range: { from: string; now: number },
): Promise<{ fired: number; from: string }> {
  forget(memory, range.now)
  const last = dueMinute(range.now)
  let fired = 0
  let from: string | null = null
  for (let minute = range.from; minute <= last; minute = nextMinute(minute)) {
    const found = await fireMinute(ports, memory, { minute, now: range.now })
    fired += found.fired
    if (found.seen > 0) from ??= minute
  }
  // A writer may be a little behind its own clock: the last two minutes are always looked at again.
  const settled = dueMinute(range.now - 2 * minuteMs)
  return { fired, from: from === null || from > settled ? settled : from }
}

async function fireMinute(
  ports: TickPorts,
  memory: TickMemory,
  { minute, now }: { minute: string; now: number },
): Promise<{ seen: number; fired: number }> {
  let seen = 0
  let fired = 0
  let after: string | undefined
  do {
    const page = await ports.records.query("due", minute, {
      to: dueSort(now + 1),
      limit: pageSize,
      order: "asc",
      ...(after === undefined ? {} : { after }),
    })
    seen += page.records.length
    const fresh = page.records.filter((record) => memory.fired.get(record.id)?.v !== record.v)
    for (let at = 0; at < fresh.length; at += sendAtOnce) {
      fired += await fire(ports, memory, { records: fresh.slice(at, at + sendAtOnce), now })
    }
    after = page.next
  } while (after !== undefined)
  return { seen, fired }
}

async function fire(
  ports: TickPorts,
  memory: TickMemory,
  { records, now }: { records: StoredRecord[]; now: number },
): Promise<number> {
  const jobs = records.flatMap((record) => jobOf(ports, record) ?? [])
  await ports.jobs.send(jobs)
  for (const record of records) {
    if (record.id.startsWith("wait#")) await ports.records.delete(record.id, { version: record.v })
    else memory.fired.set(record.id, { v: record.v, at: now })
  }
  return jobs.length
}

/** The job of a due record: an outbound message by itself, a wait carries its job. */
function jobOf(ports: TickPorts, record: StoredRecord): JobToSend | undefined {
  const body = record.body as { message?: { id: string; account: string }; job?: Job; group?: string }
  if (record.id.startsWith("out#") && body.message !== undefined) {
    return { job: { type: "deliver_message.v1", message: body.message.id }, group: body.message.account }
  }
  if (body.job !== undefined) return { job: body.job, ...(body.group === undefined ? {} : { group: body.group }) }
  ports.log.error("tick.unknown_due_record", { record: record.id })
  return undefined
}

function forget(memory: TickMemory, now: number): void {
  for (const [id, { at }] of memory.fired) if (now - at > refireMs) memory.fired.delete(id)
}

function nextMinute(minute: string): string {
  return dueMinute(Date.parse(`${minute}:00Z`) + minuteMs)
}

/** Delays of planned polls spread over at most this long. */
export const maxSpreadMs: number = Math.min(minuteMs, maxDelayMs)
