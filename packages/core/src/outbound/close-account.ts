import { type AccountRecord, accountRecordId } from "../account/account.ts"
import { removePlan } from "../account/plan.ts"
import { announceEvents } from "../event/announce-events.ts"
import type { CloseAccountJob } from "../job/job.ts"
import type { Disposition } from "../ports/job-queue.ts"
import type { Ports } from "../ports/ports.ts"
import { messageParts } from "../record/message-index.ts"
import { toEvent } from "./outbound-event.ts"
import { unpackOutbound } from "./pack-record.ts"
import { isResting, type OutboundState, outboundRecordId } from "./state.ts"
import { withdraw } from "./withdraw.ts"
import { writeState } from "./write-state.ts"

export type ClosePorts = Pick<Ports, "records" | "jobs" | "content" | "clock" | "eventClock" | "ids" | "limits" | "log">

const pageSize = 100

/**
 * One step of cleaning up behind an account that was removed: its plan, then a page of its messages, of which those not sent are
 * cancelled. Each step makes the next one. Does nothing where the removal never took place. Messages of an account made anew under
 * the same id are left alone.
 * @param context.receives over 1 an earlier run was cut off, so what it cancelled is told again.
 */
export async function closeAccount(
  ports: ClosePorts,
  job: CloseAccountJob,
  context: { receives: number },
): Promise<Disposition> {
  const heir = (await ports.records.get<AccountRecord>(accountRecordId(job.account)))?.body
  if (heir?.incarnation === job.incarnation) return done
  if (heir === undefined && job.after === undefined) await removePlan(ports, job.account)
  const page = await ports.records.query("owner", messageParts.account(job.account), {
    limit: pageSize,
    order: "asc",
    ...(heir === undefined ? {} : { to: heir.created_at }),
    ...(job.after === undefined ? {} : { after: job.after }),
  })
  for (const record of page.records) {
    if (!record.id.startsWith(outboundRecordId(""))) continue
    await close(ports, unpackOutbound(record), { again: context.receives > 1 })
  }
  if (page.next !== undefined) await ports.jobs.send([{ job: { ...job, after: page.next }, group: job.account }])
  return done
}

const done: Disposition = { kind: "done" }

async function close(ports: ClosePorts, seen: OutboundState, { again }: { again: boolean }): Promise<void> {
  if (isResting(seen.message.status) && seen.message.status !== "held" && !again) return
  const state = await writeState(ports, seen.message.id, withdraw(ports.clock.now()))
  const notes = state?.announce.filter(({ type }) => type === "message.cancelled") ?? []
  if (state === undefined || notes.length === 0) return
  const events = []
  for (const note of notes) events.push(await toEvent(ports, state, note))
  await announceEvents(ports, events)
}
