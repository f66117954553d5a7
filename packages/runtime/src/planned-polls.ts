import {
  type PlanIntervals,
  type PlanRecord,
  planIntervalsId,
  planPart,
  planPhases,
} from "@postrider/core/account/plan"
import { type JobToSend, maxDelayMs } from "@postrider/core/ports/job-queue"
import type { Ports } from "@postrider/core/ports/ports"

const accountsPerJob = 10
const jobsAtOnce = 10
const pageSize = 500
const minuteMs = 60_000

type PlanPorts = Pick<Ports, "records" | "jobs">

/**
 * Sends the poll jobs of the plan's parts whose time came after `after`, up to `now`: ten accounts of one mail host a job, each
 * delayed to its place in the minute. A part that came up more than once meanwhile is polled once. Answers how many accounts.
 */
export async function sendPlannedPolls(ports: PlanPorts, window: { after: number; now: number }): Promise<number> {
  const intervals = await ports.records.get<{ [K in keyof PlanIntervals]: PlanIntervals[K] }>(planIntervalsId)
  let polls = 0
  for (const seconds of intervals?.body.seconds ?? []) {
    for (let phase = 0; phase < planPhases(seconds); phase++) {
      if (comesUp({ seconds, phase }, window)) polls += await sendPart(ports, planPart(seconds, phase))
    }
  }
  return polls
}

/** Whether a time t with t mod interval = phase lies in (after, now]. */
function comesUp(
  { seconds, phase }: { seconds: number; phase: number },
  window: { after: number; now: number },
): boolean {
  const interval = seconds * 1000
  const start = phase * minuteMs
  const last = Math.floor((window.now - start) / interval) * interval + start
  return last > window.after
}

async function sendPart(ports: PlanPorts, part: string): Promise<number> {
  let polls = 0
  let after: string | undefined
  do {
    const page = await ports.records.query<{ [K in keyof PlanRecord]: PlanRecord[K] }>("owner", part, {
      limit: pageSize,
      order: "asc",
      ...(after === undefined ? {} : { after }),
    })
    const jobs = groupByHost(page.records.map((record) => record.body))
    for (let at = 0; at < jobs.length; at += jobsAtOnce) await ports.jobs.send(jobs.slice(at, at + jobsAtOnce))
    polls += page.records.length
    after = page.next
  } while (after !== undefined)
  return polls
}

function groupByHost(plans: readonly PlanRecord[]): JobToSend[] {
  const hosts = Map.groupBy(plans, (plan) => plan.host)
  return [...hosts].flatMap(([host, ofHost]) => {
    const sorted = ofHost.toSorted((a, b) => a.offsetMs - b.offsetMs)
    const jobs: JobToSend[] = []
    for (let at = 0; at < sorted.length; at += accountsPerJob) {
      const some = sorted.slice(at, at + accountsPerJob)
      const delayMs = Math.min(some[0]?.offsetMs ?? 0, maxDelayMs)
      jobs.push({ job: { type: "poll_accounts.v1", host, accounts: some.map((p) => p.account) }, delayMs, group: host })
    }
    return jobs
  })
}
