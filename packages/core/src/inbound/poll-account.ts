import { type AccountRecord, accountRecordId } from "../account/account.ts"
import type { MailFault } from "../ports/mail-fault.ts"
import type { MailServer } from "../ports/mail-server.ts"
import type { MailboxSession } from "../ports/mailbox-reader.ts"
import { chosenMailboxes } from "./chosen-paths.ts"
import { BoxLost } from "./open-box.ts"
import { faultOf, type Intake, type PollContext, type PollPorts } from "./poll-context.ts"
import { pollImap } from "./poll-imap.ts"
import { pollPop3 } from "./poll-pop3.ts"

export interface PollRequest {
  account: string
  /** Of the intake, secrets opened. */
  server: MailServer
  /** Milliseconds since the epoch; the session is dropped then. */
  deadline: number
  /** How often the job was received; from 2 on, mails are taken one at a time (mail-rules B5). */
  receives: number
  /** Somebody asked for this poll: mails that wait for a later try are tried now (mail-rules B4). */
  asked?: boolean
  /** Names this process where the store is its alone; leases that a process before it left behind are then dead. */
  soleProcess?: string
  signal?: AbortSignal
}

export type PollOutcome =
  /** `more`: the time was up before the work was done, poll again at once. `busy`: another poll of the account runs and goes on. */
  | { kind: "polled"; taken: number; skipped: number; more: boolean; busy: boolean }
  /** The server failed; what was taken before stays taken. */
  | { kind: "fault"; fault: MailFault; taken: number; skipped: number }
  /** No such account, or it has no intake any more. */
  | { kind: "gone" }

/** Left at the end for the last write and the farewell; a quarter of short polls. */
const reserveMs = 10_000

/**
 * Polls the intake of an account once: takes what is new, each mail exactly once in effect, and moves the cursors behind it. The
 * state of the account is not written; the outcome says what to write. Killed at any moment it loses no mail and doubles no event.
 * @throws what the stores throw; never for what a mail server does.
 */
export async function pollAccount(ports: PollPorts, request: PollRequest): Promise<PollOutcome> {
  const stored = await ports.records.get<AccountRecord>(accountRecordId(request.account))
  const intake = stored === undefined ? null : intakeOf(stored.body)
  if (stored === undefined || intake === null) return { kind: "gone" }
  const tally = { taken: 0, skipped: 0, bytes: 0 }
  let session: MailboxSession | undefined
  try {
    session = await open(ports, request, intake)
    const ctx = contextOf(ports, request, { account: stored.body, session, tally })
    const { more, fault } = await pollIntake(ctx, intake)
    if (fault !== null) {
      session.abort()
      return { kind: "fault", fault, taken: tally.taken, skipped: tally.skipped }
    }
    await session.end()
    return { kind: "polled", taken: tally.taken, skipped: tally.skipped, more, busy: false }
  } catch (error) {
    session?.abort()
    const { taken, skipped } = tally
    if (error instanceof BoxLost) return { kind: "polled", taken, skipped, more: false, busy: true }
    const fault = faultOf(error)
    if (fault === null) throw error
    return { kind: "fault", fault, taken, skipped }
  }
}

function open(ports: PollPorts, request: PollRequest, intake: Intake): Promise<MailboxSession> {
  return ports.reader.open({
    protocol: intake.protocol,
    server: request.server,
    deadline: request.deadline,
    ...(request.signal === undefined ? {} : { signal: request.signal }),
  })
}

async function pollIntake(ctx: PollContext, intake: Intake) {
  if (intake.protocol === "pop3") return pollPop3(ctx, intake.settings)
  return pollImap(ctx, intake.settings, await chosenMailboxes(ctx, intake.settings.mailboxes))
}

function intakeOf({ settings }: AccountRecord): Intake | null {
  if (settings.imap !== null) return { protocol: "imap", settings: settings.imap }
  return settings.pop3 === null ? null : { protocol: "pop3", settings: settings.pop3 }
}

function contextOf(
  ports: PollPorts,
  request: PollRequest,
  opened: Pick<PollContext, "account" | "session" | "tally">,
): PollContext {
  const startedAt = ports.clock.now()
  const { deadline, soleProcess = null } = request
  return {
    ports,
    ...opened,
    run: soleProcess === null ? ports.ids.random("run") : `${soleProcess}.${ports.ids.random("run")}`,
    soleProcess,
    startedAt,
    deadline,
    stopAt: deadline - Math.min(reserveMs, (deadline - startedAt) / 4),
    careful: request.receives >= 2,
    asked: request.asked === true,
  }
}
