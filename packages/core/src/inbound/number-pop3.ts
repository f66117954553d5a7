import type { ParsedMail } from "../ports/mime.ts"
import { guardedTops, type HeaderPoll } from "./guarded-tops.ts"
import { pop3MailId } from "./mail-ids.ts"
import { type InboundRecord, type InboundSummary, inboundRecordId } from "./message.ts"
import type { Pop3Listed } from "./pop3-state.ts"

const maxNumber = 1000

/**
 * The number of each new mail under its UIDL (mail-rules A2). Servers use a UIDL again after a deletion, and we forget deleted ones
 * (D2, D3): where the id is taken by another mail the next number is right; by the same mail, an earlier run was cut off.
 */
export async function numberFresh(
  poll: HeaderPoll,
  fresh: readonly { mail: Pop3Listed; n: number }[],
  epoch: number,
): Promise<{ mail: Pop3Listed; n: number }[]> {
  const { ctx } = poll
  const idOf = ({ mail, n }: { mail: Pop3Listed; n: number }) =>
    inboundRecordId(pop3MailId(ctx.ports.ids, { incarnation: ctx.account.incarnation, epoch, uidl: mail.uidl, n }))
  const decided: { mail: Pop3Listed; n: number }[] = []
  let open = [...fresh]
  let heads = new Map<number, ParsedMail>()
  for (let round = 0; open.length > 0 && round < maxNumber; round++) {
    const records = await ctx.ports.records.getMany<InboundRecord>(open.map(idOf))
    const taken = new Map(records.map((record) => [record.id, record.body]))
    const clashing = open.filter((one) => taken.has(idOf(one)))
    if (round === 0) heads = await readHeads(poll, clashing)
    const others = clashing.filter((one) => !isSame(taken.get(idOf(one)), one.mail, heads.get(one.mail.ref)))
    decided.push(...open.filter((one) => !others.includes(one)))
    open = others.map(({ mail, n }) => ({ mail, n: n + 1 }))
  }
  return decided.sort((a, b) => a.mail.ref - b.mail.ref)
}

async function readHeads(poll: HeaderPoll, mails: readonly { mail: Pop3Listed }[]): Promise<Map<number, ParsedMail>> {
  const heads = new Map<number, ParsedMail>()
  for await (const [ref, block] of guardedTops(
    poll,
    mails.map(({ mail }) => mail),
  ))
    heads.set(ref, await poll.ctx.ports.parser.parseHeaders(block))
  return heads
}

/**
 * An erased record says nothing of its mail any more; it was taken then, so this one is another. Without a header, as on servers
 * without TOP, the size is all there is to tell by.
 */
function isSame(record: InboundRecord | undefined, mail: Pop3Listed, head: ParsedMail | undefined): boolean {
  if (record === undefined || record.erased === true) return false
  if (head === undefined) return (record.listedSize ?? record.summary.size) === mail.size
  const { summary } = record
  const date = head.date === null ? null : new Date(head.date).toISOString()
  return summary.message_id === head.messageId && summary.date === date && isSameSender(summary, head)
}

function isSameSender(summary: InboundSummary, head: ParsedMail): boolean {
  return summary.from?.address === head.from?.address && summary.subject === (head.subject?.slice(0, 2000) ?? null)
}
