import { type AccountRecord, accountRecordId } from "@postrider/core/account/account"
import { inboundRecordId } from "@postrider/core/inbound/message"
import { outboundRecordId } from "@postrider/core/outbound/state"
import type { Ports } from "@postrider/core/ports/ports"
import type { Upkeep } from "@postrider/engines/engine"

const day = 24 * 3_600_000
/** Content goes this long after the message's record may have expired. */
const marginMs = day
const keepDeadMs = 30 * day
const pageSize = 500
/** What intake keeps, `<prefix><account>#…`. */
const intakePrefixes = ["box#", "led#"]
const intakePage = 200
const pagesAtOnce = 20
/** One sweep holds up the ticks this long and a page. */
const maxMs = 500

type SweepPorts = Pick<Ports, "records" | "clock" | "limits" | "log">

/** Where the next sweep goes on. */
export interface SweepMemory {
  after: string | undefined
  /** The last record of intake that was looked at; undefined: from the first one. */
  intakeAfter: string | undefined
}

export const newSweepMemory = (): SweepMemory => ({ after: undefined, intakeAfter: undefined })

/**
 * A bounded step of retention, for engines whose store has no rules of its own for it: content of messages that are past
 * KEEP_MESSAGES_DAYS and have no record any more, and dead letters of over 30 days. What still has a record (a message that waits
 * longer) stays. So go the cursors, ledgers and lists of seen mail of accounts that were deleted. The next step goes on where this one ended; being cut off loses nothing.
 */
export async function sweep(ports: SweepPorts, upkeep: Upkeep, memory: SweepMemory): Promise<void> {
  const startedAt = ports.clock.now()
  const dead = await upkeep.dropDead(startedAt - keepDeadMs, pageSize)
  const keep = ports.limits.keepMessagesMs
  let content = 0
  if (keep !== null) {
    const before = startedAt - keep - marginMs
    for (let page = 0; page < pagesAtOnce && ports.clock.now() - startedAt <= maxMs; page++) {
      content += await sweepPage(ports, upkeep, { memory, before })
      if (memory.after === undefined) break
    }
  }
  const intake = await sweepIntake(ports, upkeep, memory)
  if (dead + content + intake > 0) ports.log.info("sweep", { dead, content, intake })
}

/**
 * A page of what intake keeps of accounts; deleted where the account is gone, or is another one under the same id. By version: the poll
 * of a new account may be writing it anew.
 */
async function sweepIntake({ records }: SweepPorts, upkeep: Upkeep, memory: SweepMemory): Promise<number> {
  const at = intakePrefixes.findIndex((prefix) => memory.intakeAfter?.startsWith(prefix) === true)
  const prefix = intakePrefixes[Math.max(at, 0)] ?? ""
  const after = memory.intakeAfter ?? prefix
  const ids = await upkeep.recordIds(prefix, { after, limit: intakePage })
  memory.intakeAfter = ids.length < intakePage ? intakePrefixes[Math.max(at, 0) + 1] : ids.at(-1)
  const found = await records.getMany<{ incarnation?: unknown }>(ids)
  const accountOf = (id: string) => accountRecordId(id.split("#", 2)[1] ?? "")
  const accounts = await records.getMany<AccountRecord>([...new Set(found.map(({ id }) => accountOf(id)))])
  const incarnations = new Map(accounts.map(({ id, body }) => [id, body.incarnation]))
  let deleted = 0
  for (const { id, v, body } of found) {
    const owner = incarnations.get(accountOf(id))
    if (owner !== undefined && (body.incarnation === undefined || body.incarnation === owner)) continue
    if ((await records.delete(id, { version: v })).won) deleted++
  }
  return deleted
}

async function sweepPage(
  { records }: SweepPorts,
  upkeep: Upkeep,
  { memory, before }: { memory: SweepMemory; before: number },
): Promise<number> {
  const { after } = memory
  const page = await upkeep.oldContent(before, { limit: pageSize, ...(after === undefined ? {} : { after }) })
  const owners = new Map(page.keys.flatMap((key) => ownerOf(key) ?? []))
  const living = new Set((await records.getMany([...new Set(owners.values())])).map(({ id }) => id))
  const gone = [...owners].filter(([, id]) => !living.has(id)).map(([key]) => key)
  if (gone.length > 0) await upkeep.dropContent(gone, before)
  memory.after = page.next
  return gone.length
}

/** The record that a message's content belongs to; nothing for content of other kinds, which has a life of its own. */
function ownerOf(key: string): [key: string, id: string][] | undefined {
  const [kind, , , name] = key.split("/")
  const id = name?.split(".", 1)[0]
  if (id === undefined || id === "") return undefined
  if (kind === "inbound") return [[key, inboundRecordId(id)]]
  return kind === "outbound" ? [[key, outboundRecordId(id)]] : undefined
}
