import { updateRecord } from "../record/update-record.ts"
import { ledgerMailboxes } from "./ledger.ts"
import type { LedgerEntry } from "./ledger-entry.ts"
import { type InboundRecord, inboundRecordId } from "./message.ts"
import type { PollContext } from "./poll-context.ts"
import { knownMails } from "./recent-entries.ts"
import { headerKeys } from "./start-mailbox.ts"
import type { BatchMail } from "./take-batch.ts"

/** Mails that were moved or copied between mailboxes of the account (mail-rules A6). */
export interface Copies {
  /**
   * Those of the batch that another mailbox's mail already stands for; their mailbox is added to its record. `names`: all that this
   * mailbox has and had.
   */
  claim(batch: readonly BatchMail[], names: readonly string[]): Promise<Map<BatchMail, LedgerEntry>>
  learn(entries: readonly LedgerEntry[]): void
}

/** Does something only where the account has, or had, several mailboxes: it costs the header of every new mail. */
export function createCopies(ctx: PollContext, { several }: { several: boolean }): Copies {
  let known: LedgerEntry[] | undefined
  let others: string[] | undefined
  const isAlone = async (names: readonly string[]) => {
    if (several) return false
    others ??= await ledgerMailboxes(ctx.ports.records, ctx.account)
    return others.every((one) => names.includes(one))
  }
  return {
    async claim(batch, names) {
      if (batch.length === 0 || (await isAlone(names))) return new Map()
      known ??= (await knownMails(ctx.ports, ctx.account)).entries
      // Equal bytes in one mailbox are two mails; in two mailboxes they are one.
      const all = known.filter((one) => !names.includes(one.mailbox))
      const keys = await headerKeys(
        ctx,
        batch.map(({ listed }) => listed.ref),
      )
      const found = new Map<BatchMail, LedgerEntry>()
      for (const mail of batch) {
        const original = all.find((one) => isCopy(mail, keys.get(mail.listed.ref), one))
        if (original === undefined) continue
        await addMailbox(ctx, original.id, mail.place.mailbox)
        const uid = mail.listed.ref
        found.set(mail, { ...original, mailbox: mail.place.mailbox, uid })
      }
      return found
    },
    learn: (entries) => void known?.push(...entries),
  }
}

function isCopy({ listed }: BatchMail, key: string | undefined, known: LedgerEntry): boolean {
  if (listed.emailId !== undefined && known.emailId !== null) return listed.emailId === known.emailId
  if (key === undefined || key !== known.key) return false
  if (listed.internalDate !== undefined && listed.internalDate === known.date) return true
  return key.startsWith("m") && listed.size === known.size
}

async function addMailbox(ctx: PollContext, id: string, mailbox: string): Promise<void> {
  await updateRecord<InboundRecord>(ctx.ports.records, inboundRecordId(id), (current) => {
    if (current.body.mailboxes.includes(mailbox) || current.body.summary.mailbox === mailbox) return undefined
    return { ...current, body: { ...current.body, mailboxes: [...current.body.mailboxes, mailbox].slice(-50) } }
  })
}
