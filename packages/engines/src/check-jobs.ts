import { RelayError } from "@postrider/core/error/relay-error"
import { type QueueName, queueOf } from "@postrider/core/job/job"
import { type JobToSend, maxDelayMs } from "@postrider/core/ports/job-queue"

/** Octets of a serialised job; what SQS carries in one request. */
export const maxJobBytes: number = 256 * 1024

export interface CheckedJob {
  queue: QueueName
  body: string
  delayMs: number
  /** "" for jobs without a group, which share one turn. */
  group: string
}

/**
 * Serialises jobs and finds their queues; one bad job refuses them all.
 * @throws RelayError `internal` for an unknown type, a delay outside of 0 to 15 minutes, or more than 256 KB.
 */
export function checkJobs(jobs: readonly JobToSend[]): CheckedJob[] {
  return jobs.map(({ job, delayMs = 0, group = "" }) => {
    if (!Object.hasOwn(queueOf, job.type)) throw badJob(`no queue for a job of type ${JSON.stringify(job.type)}`)
    if (!(delayMs >= 0 && delayMs <= maxDelayMs)) {
      throw badJob(`delay of ${delayMs} ms, 0 to ${maxDelayMs} ride on a queue`)
    }
    const body = JSON.stringify(job)
    const bytes = Buffer.byteLength(body)
    if (bytes > maxJobBytes) throw badJob(`${job.type} of ${bytes} octets, ${maxJobBytes} is the most`)
    return { queue: queueOf[job.type], body, delayMs: Math.ceil(delayMs), group }
  })
}

function badJob(internal: string): RelayError {
  return new RelayError("internal", "The job cannot be queued.", { internal })
}
