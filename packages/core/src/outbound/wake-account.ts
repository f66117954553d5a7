import type { WakeAccountJob } from "../job/job.ts"
import type { Disposition } from "../ports/job-queue.ts"
import type { Ports } from "../ports/ports.ts"
import { messageParts } from "../record/message-index.ts"
import type { Category } from "./message.ts"
import { unpackOutbound } from "./pack-record.ts"
import { isResting, type OutboundState, outboundRecordId } from "./state.ts"
import { writeState } from "./write-state.ts"

const pageSize = 100
const jobsAtOnce = 10
/** Mail waits for a server up to its lifetime, five days where nothing else was asked for. */
const lookBackMs = 6 * 24 * 60 * 60_000
/** What stood in the way was the server or its settings, so that another try may go better now. */
const ofRoute: ReadonlySet<Category | null> = new Set(["credentials", "connection", "tls", "sender"])

/**
 * One step of waking what waits for an account's servers, after their settings changed or they were resumed (mail-rules F3): a page of
 * its newer messages. Each step makes the next one. Waking twice does no harm.
 */
export async function wakeAccount(
  ports: Pick<Ports, "records" | "jobs" | "clock" | "limits">,
  job: WakeAccountJob,
): Promise<Disposition> {
  const page = await ports.records.query("owner", messageParts.account(job.account), {
    limit: pageSize,
    order: "asc",
    from: new Date(ports.clock.now() - lookBackMs).toISOString(),
    ...(job.after === undefined ? {} : { after: job.after }),
  })
  const woken: string[] = []
  for (const record of page.records) {
    if (!record.id.startsWith(outboundRecordId(""))) continue
    const { message } = unpackOutbound(record)
    const state = isResting(message.status) ? undefined : await wake(ports, message.id)
    if (state !== undefined) woken.push(message.id)
  }
  for (let at = 0; at < woken.length; at += jobsAtOnce) {
    const some = woken.slice(at, at + jobsAtOnce)
    await ports.jobs.send(some.map((message) => ({ job: { type: "deliver_message.v1", message }, group: job.account })))
  }
  if (page.next !== undefined) await ports.jobs.send([{ job: { ...job, after: page.next }, group: job.account }])
  return { kind: "done" }
}

/** Those in doubt keep their own time: the server's settings say nothing about who has the mail. */
async function wake(
  ports: Pick<Ports, "records" | "clock" | "limits">,
  id: string,
): Promise<OutboundState | undefined> {
  let changed = false
  const state = await writeState(ports, id, (current) => {
    changed = waitsForRoute(current)
    if (!changed) return undefined
    const now = ports.clock.now()
    const at = new Date(now).toISOString()
    const message = { ...current.message, waiting_for: null, next_attempt_at: at }
    return { ...current, due: now, restDue: now, wake: "queue", message }
  })
  return changed ? state : undefined
}

function waitsForRoute({ claim, due, message }: OutboundState): boolean {
  if (claim !== null || isResting(message.status) || message.status === "scheduled") return false
  if (message.waiting_for !== null) return true
  return due !== null && message.recipients.some((r) => r.status === "deferred" && ofRoute.has(r.category))
}
