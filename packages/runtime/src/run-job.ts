import { RelayError } from "@postrider/core/error/relay-error"
import type { Job } from "@postrider/core/job/job"
import { parseJob } from "@postrider/core/job/parse-job"
import { closeAccount } from "@postrider/core/outbound/close-account"
import { deliverMessage } from "@postrider/core/outbound/deliver-message"
import { wakeAccount } from "@postrider/core/outbound/wake-account"
import type { Disposition } from "@postrider/core/ports/job-queue"
import type { LogFields } from "@postrider/core/ports/logger"
import type { Ports } from "@postrider/core/ports/ports"
import { deliverEvent } from "@postrider/core/webhook/deliver-event"
import type { InFlight } from "@postrider/core/webhook/in-flight"
import type { Gate } from "./gate.ts"
import { pollAccounts } from "./poll-accounts.ts"

export interface Worker {
  ports: Ports
  gate: Gate
  inFlight: InFlight
  /** Names this process, in claims. */
  processId: string
  /** The store belongs to this process alone. */
  soleOwner: boolean
  /** How long a job waits for a place among the connections of its account. Short, unless waiting takes nobody's turn. */
  placeWaitMs?: number
}

export interface JobRun {
  body: unknown
  receives: number
  /** Milliseconds since the epoch. */
  deadline: number
  signal?: AbortSignal
}

/** Long enough for a quick server's turn to come, short enough that waiting for a slow one takes no worker from the others. */
const placeWaitMs = 150
const firstRetryMs = 1000
const maxRetryMs = 5 * 60_000

/**
 * Runs one job, whatever its type: on Lambda called with what SQS pushed, in the server with what its consumers pulled. Never
 * throws: an unexpected fault puts the job off, with jitter, and the dead letters are its end. One log line a job.
 */
export async function runJob(worker: Worker, run: JobRun): Promise<Disposition> {
  const { log, clock, ids } = worker.ports
  const job = parseJob(run.body)
  if (job === undefined) return { kind: "reject", why: "unknown type or shape of job" }
  const startedAt = clock.now()
  try {
    const disposition = await dispatch(worker, job, run)
    const fields = {
      ...nameOf(job),
      receives: run.receives,
      ms: clock.now() - startedAt,
      disposition: disposition.kind,
    }
    log.info("job", fields)
    return disposition
  } catch (error) {
    const delayMs =
      Math.min(firstRetryMs * 2 ** Math.min(run.receives - 1, 10), maxRetryMs) * (0.8 + ids.fraction() * 0.4)
    const fields = { ...nameOf(job), receives: run.receives, ms: clock.now() - startedAt, disposition: "retry" }
    const level = error instanceof RelayError && error.code === "overloaded" ? "warn" : "error"
    log[level]("job", fields, error)
    return { kind: "retry", delayMs: Math.round(delayMs) }
  }
}

function dispatch(worker: Worker, job: Job, run: JobRun): Promise<Disposition> {
  switch (job.type) {
    case "deliver_message.v1":
      return deliverMessage(worker.ports, job, {
        receives: run.receives,
        run: `${worker.processId}.${worker.ports.ids.token(10)}`,
        soleOwner: worker.soleOwner,
        deadline: run.deadline,
        place: (key, size) => worker.gate.enter(`smtp:${key}`, { size, waitMs: worker.placeWaitMs ?? placeWaitMs }),
        ...(run.signal === undefined ? {} : { signal: run.signal }),
      })
    case "close_account.v1":
      return closeAccount(worker.ports, job, { receives: run.receives })
    case "wake_account.v1":
      return wakeAccount(worker.ports, job)
    case "poll_accounts.v1":
      return pollAccounts(worker, job, run)
    case "deliver_event.v1":
      return deliverEvent({ ...worker.ports, inFlight: worker.inFlight }, job, { receives: run.receives })
  }
}

function nameOf(job: Job): LogFields {
  switch (job.type) {
    case "deliver_message.v1":
      return { job: job.type, message: job.message }
    case "close_account.v1":
    case "wake_account.v1":
      return { job: job.type, account: job.account }
    case "poll_accounts.v1":
      return { job: job.type, host: job.host, accounts: job.accounts.length }
    case "deliver_event.v1":
      return { job: job.type, event: job.event, endpoint: job.endpoint, attempt: job.attempt }
  }
}
