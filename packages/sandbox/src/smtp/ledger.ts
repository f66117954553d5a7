/** A message that got its 250, or would have: what tests count and compare. */
export type AcceptedMessage = {
  readonly id: string
  readonly at: string
  readonly user?: string
  readonly mailFrom: string
  readonly mailParameters: Readonly<Record<string, string>>
  readonly recipients: readonly AcceptedRecipient[]
  /** Octets and SHA-256 of the message as it was sent, below the headers put on top here. */
  readonly size: number
  readonly sha256: string
  readonly messageId?: string
  readonly postriderId?: string
}

export type AcceptedRecipient = {
  readonly address: string
  readonly mailbox: string
  readonly parameters: Readonly<Record<string, string>>
}

export type SmtpCounts = { connections: number; mail: number; data: number; dots: number; accepted: number }

/** What SMTP was asked to do since the start or the last clear. */
export type SmtpLedger = {
  /** Connections, MAIL and DATA commands begun, final dots read, messages delivered. */
  readonly counts: SmtpCounts
  /** The newest 10,000 deliveries. */
  readonly accepted: readonly AcceptedMessage[]
  record(message: AcceptedMessage): void
  clear(): void
}

const maxAccepted = 10_000

export function createLedger(): SmtpLedger {
  const counts: SmtpCounts = { connections: 0, mail: 0, data: 0, dots: 0, accepted: 0 }
  const accepted: AcceptedMessage[] = []
  return {
    counts,
    accepted,
    record(message) {
      counts.accepted += 1
      accepted.push(message)
      if (accepted.length > maxAccepted) accepted.shift()
    },
    clear() {
      accepted.splice(0)
      Object.assign(counts, { connections: 0, mail: 0, data: 0, dots: 0, accepted: 0 })
    },
  }
}
