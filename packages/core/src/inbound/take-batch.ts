import { announceEvents } from "../event/announce-events.ts"
import type { MailFault } from "../ports/mail-fault.ts"
import type { FetchedMail, ListedMail } from "../ports/mailbox-reader.ts"
import type { MailPlace } from "./build-message.ts"
import { holdBody } from "./hold-body.ts"
import { faultOf, type PollContext } from "./poll-context.ts"
import { type MailToTake, type TakenMail, takeMail } from "./take-mail.ts"

/** Mails of a batch that are stored side by side; each holds at most 1 MiB. */
const maxAtOnce = 8

export interface BatchMail {
  listed: ListedMail
  place: MailPlace
  sequence: string
}

export interface BatchResult {
  /** `result` is null for our own mail where that does not count as received. */
  taken: { mail: BatchMail; result: TakenMail | null }[]
  /** Asked for but not delivered (mail-rules B4). */
  missing: { mail: BatchMail; reason: string }[]
  /** The server failed on the way; what was taken before stays taken. */
  fault: MailFault | null
  /** It failed while nothing was being read: the first mail it had not answered for. The next poll asks for them one by one. */
  suspect: BatchMail | null
}

/**
 * Fetches mails and stores them, several at a time, then announces them. When this returns, every taken mail is durable and its
 * event queued. @throws what our own stores throw.
 */
export async function takeBatch(
  ctx: PollContext,
  batch: readonly BatchMail[],
  { skipOwn }: { skipOwn: boolean },
): Promise<BatchResult> {
  const result: BatchResult = { taken: [], missing: [], fault: null, suspect: null }
  const byRef = new Map(batch.map((mail) => [mail.listed.ref, mail]))
  const tasks = createTasks(ctx, { result, skipOwn })
  let reading: BatchMail | undefined
  const maxBytes = ctx.ports.limits.maxMessageBytes
  try {
    for await (const fetched of ctx.session.fetch([...byRef.keys()], { maxBytes })) {
      const mail = byRef.get(fetched.ref)
      if (mail === undefined) continue
      byRef.delete(fetched.ref)
      reading = fetched.kind === "mail" ? mail : undefined
      await tasks.take(mail, fetched)
      if (tasks.trouble.length > 0) break
      reading = undefined
    }
  } catch (error) {
    tasks.trouble.push({ error })
  }
  await tasks.done()
  settleTrouble(result, { trouble: tasks.trouble, reading, left: [...byRef.values()], asked: batch.length })
  await announceEvents(
    ctx.ports,
    inOrder(batch, result).flatMap((one) => one.event ?? []),
  )
  count(ctx, result)
  return result
}

/** Stores mails side by side, up to `maxAtOnce`; what goes wrong is kept in `trouble`. */
function createTasks(ctx: PollContext, { result, skipOwn }: { result: BatchResult; skipOwn: boolean }) {
  const running = new Set<Promise<void>>()
  const trouble: { error: unknown }[] = []
  const start = (mail: BatchMail, body: MailToTake["body"]): Promise<void> => {
    const { place, sequence, listed } = mail
    const task = takeMail(ctx.ports, { account: ctx.account, place, sequence, listedSize: listed.size, body, skipOwn })
      .then((taken) => void result.taken.push({ mail, result: taken }))
      .catch((error: unknown) => void trouble.push({ error }))
      .finally(() => void running.delete(task))
    running.add(task)
    return task
  }
  return {
    trouble,
    async take(mail: BatchMail, fetched: FetchedMail): Promise<void> {
      if (fetched.kind === "missing") result.missing.push({ mail, reason: fetched.reason })
      else if (fetched.kind === "oversize") void start(mail, { kind: "headers", block: fetched.headers })
      else {
        const body = await holdBody(fetched.body, ctx.ports.limits.maxMessageBytes)
        // An open body goes on reading from the server: nothing else may be asked of it meanwhile.
        if (body.kind === "open") await start(mail, body)
        else void start(mail, body)
      }
      if (running.size >= maxAtOnce) await Promise.race(running)
    },
    done: () => Promise.all(running),
  }
}

/** Faults of the server are an outcome; anything else is ours and ends the poll. */
function settleTrouble(
  result: BatchResult,
  state: { trouble: { error: unknown }[]; reading: BatchMail | undefined; left: BatchMail[]; asked: number },
): void {
  for (const { error } of state.trouble) {
    const fault = faultOf(error)
    if (fault === null) throw error
    result.fault ??= fault
  }
  const { left } = state
  const reading = state.reading ?? (state.asked === 1 ? left[0] : undefined)
  // The mail whose octets broke off, or that was asked for alone, may be what breaks the server: it is asked again alone.
  if (result.fault !== null && reading !== undefined)
    result.missing.push({ mail: reading, reason: "the connection broke off" })
  if (result.fault !== null && reading === undefined) result.suspect = left[0] ?? null
  if (result.fault === null) for (const mail of left) result.missing.push({ mail, reason: "no answer for it" })
}

function inOrder(batch: readonly BatchMail[], { taken }: BatchResult): TakenMail[] {
  const results = new Map(taken.map(({ mail, result }) => [mail, result]))
  return batch.flatMap((mail) => results.get(mail) ?? [])
}

function count(ctx: PollContext, { taken }: BatchResult): void {
  const received = taken.flatMap(({ result }) => result ?? [])
  ctx.tally.taken += received.length
  ctx.tally.bytes += received.reduce((sum, { message }) => sum + message.size, 0)
}
