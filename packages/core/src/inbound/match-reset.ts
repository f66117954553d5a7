/** A mail as both sides of a reset know it (mail-rules A4). */
export interface Fingerprint {
  /** `m` and a hash of the Message-ID, or `h` and a hash of the header block; null where headers were not read. */
  key: string | null
  date: number | null
  size: number
  emailId: string | null
}

export interface Matched<L, K> {
  pairs: { listed: L; known: K }[]
  unmatched: L[]
}

/**
 * Pairs listed mails with known ones as a multiset: each known mail is given away once. In this order: the server's id; a
 * Message-ID with equal date or size; without Message-ID, date and size.
 */
export function matchReset<L extends Fingerprint, K extends Fingerprint>(
  listed: readonly L[],
  known: readonly K[],
): Matched<L, K> {
  const free = new Set(known)
  const pairs: Matched<L, K>["pairs"] = []
  let open = [...listed]
  for (const rule of rules) {
    const byName = new Map<string, K[]>()
    for (const one of free) for (const name of rule(one)) byName.set(name, [...(byName.get(name) ?? []), one])
    const left: L[] = []
    for (const mail of open) {
      const found = rule(mail)
        .flatMap((name) => byName.get(name) ?? [])
        .find((one) => free.has(one))
      if (found === undefined) left.push(mail)
      else {
        free.delete(found)
        pairs.push({ listed: mail, known: found })
      }
    }
    open = left
  }
  return { pairs, unmatched: open }
}

/** Names under which a mail can be found; an exact twin first, so that look-alikes do not take each other's place. */
const rules: ((mail: Fingerprint) => string[])[] = [
  (mail) => (mail.emailId === null ? [] : [mail.emailId]),
  (mail) => (isMessageId(mail.key) && mail.date !== null ? [`${mail.key} ${mail.date} ${mail.size}`] : []),
  (mail) => {
    if (!isMessageId(mail.key)) return []
    return [...(mail.date === null ? [] : [`${mail.key} d${mail.date}`]), `${mail.key} s${mail.size}`]
  },
  (mail) => (isMessageId(mail.key) || mail.date === null ? [] : [`${mail.date} ${mail.size}`]),
]

function isMessageId(key: string | null): key is string {
  return key?.startsWith("m") === true
}
