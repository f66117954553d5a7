/** One taken mail as the ledger keeps it (mail-rules A5). */
export interface LedgerEntry {
  id: string
  mailbox: string
  uid: number
  /** `m…` or `h…` (message-key.ts). */
  key: string
  date: number | null
  size: number
  emailId: string | null
}

/** Entry on disk: short, since a page holds a thousand in 100 KB. Ids without their prefix, mailboxes by place in `boxes`. */
type Packed = [id: string, box: number, uid: number, key: string, date: number | null, size: number, emailId?: string]

export interface PackedEntries {
  boxes: string[]
  entries: Packed[]
}

export function packEntries(list: readonly LedgerEntry[]): PackedEntries {
  const boxes = [...new Set(list.map((one) => one.mailbox))]
  const entries = list.map((one): Packed => {
    const id = one.id.slice("in_".length)
    const box = boxes.indexOf(one.mailbox)
    if (one.emailId === null) return [id, box, one.uid, one.key, one.date, one.size]
    return [id, box, one.uid, one.key, one.date, one.size, one.emailId]
  })
  return { boxes, entries }
}

export function unpackEntries({ boxes, entries }: PackedEntries): LedgerEntry[] {
  return entries.map(([id, box, uid, key, date, size, emailId]) => {
    return { id: `in_${id}`, mailbox: boxes[box] ?? "", uid, key, date, size, emailId: emailId ?? null }
  })
}
