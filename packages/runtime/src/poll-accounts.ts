import { type AccountRecord, accountRecordId, type PartName } from "@postrider/core/account/account"
import { announceAccount } from "@postrider/core/account/announce-account"
import { openServer } from "@postrider/core/account/open-server"
import { recordPartOutcome } from "@postrider/core/account/record-part-outcome"
import { RelayError } from "@postrider/core/error/relay-error"
import { pollAccount } from "@postrider/core/inbound/poll-account"
import type { PollAccountsJob } from "@postrider/core/job/job"
import type { Disposition } from "@postrider/core/ports/job-queue"
import type { MailFault } from "@postrider/core/ports/mail-fault"
import type { MailServer } from "@postrider/core/ports/mail-server"
import type { JobRun, Worker } from "./run-job.ts"

/** Connections to one mail host from one process (mail-rules F1). */
const hostCaps = { imap: 8, pop3: 4 } as const
/** A poll that finds the host's places taken comes back this much later. */
const busyMs = 5000
const waitForPlaceMs = 10_000

interface Polling {
  account: string
  host: string
  asked: boolean
  run: JobRun
}

/** Polls the accounts of one mail host, in parallel within the host's connection cap. One account's fault is its own. */
export async function pollAccounts(worker: Worker, job: PollAccountsJob, run: JobRun): Promise<Disposition> {
  const polls = job.accounts.map((account) =>
    pollOne(worker, { account, host: job.host, asked: job.asked === true, run }),
  )
  // All of them end before the job does: none goes on behind its back.
  const failed = (await Promise.allSettled(polls)).find((poll) => poll.status === "rejected")
  if (failed !== undefined) throw failed.reason
  return { kind: "done" }
}

async function pollOne(worker: Worker, request: Polling): Promise<void> {
  const { ports, gate } = worker
  const { account, host, asked, run } = request
  if (run.receives > 1) await announceAccount(ports, account)
  const record = await ports.records.get<AccountRecord>(accountRecordId(account))
  const part = record === undefined ? null : intakeOf(record.body)
  if (record === undefined || part === null || !isDue(record.body, part, ports.clock.now())) return
  // A second poll of the same account would find the same; the one under way sees what is new, or the next one does.
  const own = await gate.enter(`poll:${account}`, { size: 1, waitMs: 0 })
  if (own === undefined) return
  try {
    const place = await gate.enter(`${part}:${host}`, { size: hostCaps[part], waitMs: waitForPlaceMs })
    if (place === undefined) return await pollAgain(worker, { account, host, asked, delayMs: busyMs })
    try {
      await poll(worker, { record: record.body, part, host, asked, run })
    } finally {
      place()
    }
  } finally {
    own()
  }
}

async function poll(
  worker: Worker,
  request: Omit<Polling, "account"> & { record: AccountRecord; part: "imap" | "pop3" },
): Promise<void> {
  const { ports } = worker
  const { record, part, host, asked, run } = request
  const startedAt = ports.clock.now()
  const server = openOrFault(ports, record, part)
  if ("misconfigured" in server) {
    await recordPartOutcome(ports, record.id, { part, fault: server, startedAt })
    return
  }
  const outcome = await pollAccount(ports, {
    account: record.id,
    server,
    deadline: run.deadline,
    receives: run.receives,
    asked,
    ...(worker.soleOwner ? { soleProcess: worker.processId } : {}),
    ...(run.signal === undefined ? {} : { signal: run.signal }),
  })
  const ms = ports.clock.now() - startedAt
  switch (outcome.kind) {
    case "gone":
      return
    case "fault":
      ports.log.info("poll", { account: record.id, part, outcome: outcome.fault.class, stage: outcome.fault.stage, ms })
      await recordPartOutcome(ports, record.id, { part, fault: outcome.fault, startedAt })
      return
    case "polled":
      if (outcome.taken > 0)
        ports.log.info("poll", { account: record.id, part, outcome: "polled", taken: outcome.taken, ms })
      await recordPartOutcome(ports, record.id, { part, fault: null, startedAt })
      if (outcome.more) await pollAgain(worker, { account: record.id, host, asked: false, delayMs: 0 })
  }
}

/** A secret that does not open is a fault of this account, not of the poll. */
function openOrFault(ports: Worker["ports"], record: AccountRecord, part: PartName): MailServer | MailFault {
  try {
    return openServer(ports, record, part)
  } catch (error) {
    if (error instanceof RelayError && error.options.fault !== undefined) return error.options.fault
    throw error
  }
}

function intakeOf(account: AccountRecord): "imap" | "pop3" | null {
  if (account.settings.imap !== null) return "imap"
  return account.settings.pop3 === null ? null : "pop3"
}

function isDue(account: AccountRecord, part: PartName, now: number): boolean {
  const status = account.status[part]
  return status === undefined || (!status.paused && status.retryAt <= now)
}

async function pollAgain(worker: Worker, request: Omit<Polling, "run"> & { delayMs: number }): Promise<void> {
  const { account, host, asked, delayMs } = request
  const job = { type: "poll_accounts.v1" as const, host, accounts: [account] }
  await worker.ports.jobs.send([{ job: asked ? { ...job, asked } : job, delayMs, group: host }])
}
