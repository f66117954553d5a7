import { createHash } from "node:crypto"
import type { Content } from "../message/content.ts"

export type StoredMessage = {
  readonly uid: number
  readonly content: Content
  readonly internalDate: Date
  readonly flags: Set<string>
  /** RFC 8474: equal octets have equal ids, as Cyrus does it, so a copy and a move keep it. */
  emailId(): string
  /** Given at the first POP3 listing and kept since. */
  uidl?: string
}

export type MailboxChange =
  | { readonly kind: "added" | "flags"; readonly message: StoredMessage }
  | { readonly kind: "removed"; readonly uid: number }

export type NewMessage = {
  readonly content: Content
  readonly internalDate: Date
  readonly flags?: Iterable<string>
  /** Only above all UIDs given so far, unless the mailbox was rewound; default the next one. */
  readonly uid?: number
  readonly uidl?: string
}

/** One mailbox (folder): messages in the order of their UIDs. Every change is one synchronous step, so nobody sees half of it. */
export type Mailbox = {
  readonly path: string
  readonly mailboxId: string
  readonly specialUse?: string
  readonly messages: readonly StoredMessage[]
  readonly uidValidity: number
  readonly uidNext: number
  readonly freedUidls: string[]
  add(message: NewMessage): StoredMessage
  remove(uids: ReadonlySet<number>): StoredMessage[]
  changeFlags(message: StoredMessage, flags: Iterable<string>): void
  /** A new generation: the UIDs stay, UIDVALIDITY and every UIDL change (`doveadm mailbox update --uid-validity`). */
  setUidValidity(value: number): void
  /** A restored backup: messages from `uidNext` on are gone and their UIDs will be given again under the same UIDVALIDITY. */
  rewind(uidNext: number): void
  rename(path: string): void
  subscribe(listener: (change: MailboxChange) => void): () => void
}

export type MailboxSpec = { readonly path: string; readonly specialUse?: string; readonly uidValidity: number }

export function createMailbox(spec: MailboxSpec): Mailbox {
  const listeners = new Set<(change: MailboxChange) => void>()
  const announce = (change: MailboxChange) => {
    for (const listener of [...listeners]) listener(change)
  }
  const freedUidls: string[] = []
  let path = spec.path
  let messages: StoredMessage[] = []
  let uidValidity = spec.uidValidity
  let uidNext = 1

  const remove = (uids: ReadonlySet<number>) => {
    const gone = messages.filter((message) => uids.has(message.uid))
    messages = messages.filter((message) => !uids.has(message.uid))
    for (const message of gone) {
      if (message.uidl) freedUidls.push(message.uidl)
      announce({ kind: "removed", uid: message.uid })
    }
    return gone
  }

  return {
    ...spec,
    mailboxId: createHash("sha256").update(`${spec.path}\0${spec.uidValidity}`).digest("hex").slice(0, 20),
    freedUidls,
    get path() {
      return path
    },
    get messages() {
      return messages
    },
    get uidValidity() {
      return uidValidity
    },
    get uidNext() {
      return uidNext
    },
    add(fresh) {
      const uid = fresh.uid ?? uidNext
      if (uid < uidNext) throw new RangeError(`UID ${uid} is below UIDNEXT ${uidNext}: call rewind first`)
      const message = storedMessage(fresh, uid)
      messages.push(message)
      uidNext = uid + 1
      announce({ kind: "added", message })
      return message
    },
    remove,
    changeFlags(message, flags) {
      const wanted = [...flags]
      message.flags.clear()
      for (const flag of wanted) message.flags.add(flag)
      announce({ kind: "flags", message })
    },
    setUidValidity(value) {
      uidValidity = value
      for (const message of messages) delete message.uidl
    },
    rewind(next) {
      remove(new Set(messages.filter((message) => message.uid >= next).map((message) => message.uid)))
      uidNext = next
    },
    rename(next) {
      path = next
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}

function storedMessage(fresh: NewMessage, uid: number): StoredMessage {
  let emailId: string | undefined
  return {
    uid,
    content: fresh.content,
    internalDate: fresh.internalDate,
    flags: new Set(fresh.flags ?? []),
    ...(fresh.uidl === undefined ? {} : { uidl: fresh.uidl }),
    emailId() {
      emailId ??= hashContent(fresh.content)
      return emailId
    },
  }
}

function hashContent(content: Content): string {
  const hash = createHash("sha256")
  for (const piece of content.slice(0, content.size)) hash.update(piece)
  return hash.digest("hex").slice(0, 20)
}
