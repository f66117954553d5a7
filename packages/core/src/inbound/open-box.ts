import type { PutCondition, RecordStore, StoredRecord } from "../ports/record-store.ts"
import { type BoxState, boxRecordId } from "./cursor.ts"
import { heldByOther, leaseFor, longPollMs } from "./lease.ts"
import type { PollContext } from "./poll-context.ts"

/** Somebody else moved the mailbox to another epoch, or holds its lease: this poll ends, and loses nothing by it. */
export class BoxLost extends Error {}

const maxTries = 8

/** The cursor of a mailbox as this poll knows it. */
export interface Box<S extends BoxState> {
  /** Null before the first session, and for the cursor of an account that had the same id (mail-rules A1). */
  readonly state: S | null
  /**
   * Writes what `change` makes of the state, by version. Where another poll wrote meanwhile, the change is made on what stands
   * there now. @throws BoxLost when that is another epoch.
   */
  commit(change: (state: S, now: number) => S): Promise<S>
  /** Writes the first state of this account's mailbox. @throws BoxLost when there is one now. */
  create(state: S): Promise<S>
}

/** Mailbox paths may be longer than a record id, and hold anything. */
export function boxId(ctx: PollContext, mailbox: string): string {
  const short = mailbox.length <= 60 && /^[A-Za-z0-9._ /[\]-]+$/.test(mailbox)
  return boxRecordId(ctx.account.id, short ? mailbox : `~${ctx.ports.ids.digest(mailbox).slice(0, 32)}`)
}

/** Reads the cursor. @throws BoxLost while another run holds its lease. */
export async function openBox<S extends BoxState>(ctx: PollContext, mailbox: string): Promise<Box<S>> {
  const { records, clock } = ctx.ports
  const id = boxId(ctx, mailbox)
  let stored = await records.get<S>(id)
  const isOurs = (one: StoredRecord<S> | undefined) => one?.body.incarnation === ctx.account.incarnation
  if (stored !== undefined && isOurs(stored) && heldByOther(stored.body.lease, ctx, clock.now())) throw new BoxLost()

  const write = async (body: S, when: PutCondition) => {
    const put = await (records as Pick<RecordStore, "put">).put<S>({ id, body }, when)
    if (put.won) stored = { id, body, v: put.v }
    else stored = put.current ?? (await records.get<S>(id))
    return put.won
  }
  const stamped = (body: S, now: number): S => {
    const long = now - ctx.startedAt >= longPollMs || ctx.careful
    return { ...body, lease: long ? leaseFor(ctx.run, ctx.deadline) : body.lease, writtenAt: now }
  }

  return {
    get state() {
      return isOurs(stored) ? (stored?.body ?? null) : null
    },
    async create(state) {
      const when: PutCondition = stored === undefined ? { absent: true } : { version: stored.v }
      const body = stamped(state, clock.now())
      if (!(await write(body, when))) throw new BoxLost()
      return body
    },
    async commit(change) {
      const epoch = stored?.body.epoch
      for (let tries = 0; tries < maxTries; tries++) {
        if (stored === undefined || !isOurs(stored) || stored.body.epoch !== epoch) throw new BoxLost()
        if (heldByOther(stored.body.lease, ctx, clock.now())) throw new BoxLost()
        const now = clock.now()
        const body = stamped(change(stored.body, now), now)
        if (await write(body, { version: stored.v })) return body
      }
      throw new BoxLost()
    },
  }
}

/** Gives the lease back, where this run took it. */
export async function releaseBox<S extends BoxState>(ctx: PollContext, box: Box<S>): Promise<void> {
  if (box.state?.lease?.run !== ctx.run) return
  const id = boxId(ctx, box.state.mailbox)
  const current = await ctx.ports.records.get<S>(id)
  if (current?.body.lease?.run !== ctx.run) return
  // A lost write means that somebody took over; the lease is theirs then.
  await ctx.ports.records.put<S>({ ...current, body: { ...current.body, lease: null } }, { version: current.v })
}
