import type { Mailbox, StoredMessage } from "../mailbox/mailbox.ts"

/**
 * A mailbox as one session knows it: sequence numbers change only when the client has been told (RFC 3501 §7.4.1).
 */
export type MailboxView = {
  readonly mailbox: Mailbox
  readonly readOnly: boolean
  /** In the order of sequence numbers; may hold messages that are gone and not yet announced. */
  readonly messages: readonly StoredMessage[]
  /** Flags are announced only when another session changed them. */
  quietly(change: () => void): void
  /** Untagged answers that bring the client up to date, and the view with it. */
  update(): string[]
  /** Called whenever `update` would have something to say. */
  onChange(listener: (() => void) | undefined): void
  close(): void
}

export function openMailboxView(mailbox: Mailbox, readOnly: boolean): MailboxView {
  let messages = [...mailbox.messages]
  let listener: (() => void) | undefined
  let quiet = false
  let stale = false
  const flagged = new Set<StoredMessage>()
  const unsubscribe = mailbox.subscribe((change) => {
    stale = true
    if (change.kind === "flags" && !quiet) flagged.add(change.message)
    if (!quiet) listener?.()
  })

  return {
    mailbox,
    readOnly,
    get messages() {
      return messages
    },
    quietly(change) {
      quiet = true
      change()
      quiet = false
    },
    update() {
      if (!stale) return []
      stale = false
      const present = new Set(mailbox.messages)
      const lines: string[] = []
      for (let index = messages.length - 1; index >= 0; index -= 1) {
        const message = messages[index]
        if (message && !present.has(message)) lines.push(`* ${index + 1} EXPUNGE`)
      }
      const known = new Set(messages)
      messages = [...mailbox.messages]
      if (messages.some((message) => !known.has(message))) lines.push(`* ${messages.length} EXISTS`)
      messages.forEach((message, index) => {
        if (!flagged.has(message) || !known.has(message)) return
        lines.push(`* ${index + 1} FETCH (UID ${message.uid} FLAGS (${[...message.flags].join(" ")}))`)
      })
      flagged.clear()
      return lines
    },
    onChange(next) {
      listener = next
    },
    close() {
      listener = undefined
      unsubscribe()
    },
  }
}
