import type {
  MailSender,
  RecipientOutcome,
  SendRequest,
  SendResult,
  SmtpReply,
} from "@postrider/core/ports/mail-sender"

export interface PostboxSender extends MailSender {
  /** Mails the server took over, in order: the bytes and who for. */
  taken: { mailFrom: string; recipients: string[]; bytes: string }[]
  /** What the next recipients are answered, by address; accepted where nothing is said. */
  answers: Map<string, { outcome: RecipientOutcome; reply: SmtpReply | null }>
  /** Sends asked for, taken over or not. */
  sends: number
  /** Runs just before the answer is handed back, with the mail taken over. */
  beforeAnswer: (() => void | Promise<void>) | null
}

/** A server behind the MailSender port: takes what it is not told to refuse, and remembers. */
export function createPostboxSender(): PostboxSender {
  const box: PostboxSender = {
    taken: [],
    answers: new Map(),
    sends: 0,
    beforeAnswer: null,
    async send(request) {
      box.sends++
      const chunks: Uint8Array[] = []
      for await (const chunk of request.body()) chunks.push(chunk)
      const results = request.recipients.map(({ address }) => {
        return { address, ...(box.answers.get(address) ?? { outcome: "accepted" as const, reply: ok }) }
      })
      const accepted = results.filter((r) => r.outcome === "accepted" || r.outcome === "unknown").map((r) => r.address)
      if (accepted.length > 0)
        box.taken.push({
          mailFrom: request.mailFrom,
          recipients: accepted,
          bytes: Buffer.concat(chunks).toString("latin1"),
        })
      await box.beforeAnswer?.()
      return resultOf(request, results)
    },
    check: () => Promise.reject(new Error("not asked for here")),
    close: async () => {},
  }
  return box
}

const ok: SmtpReply = { code: 250, enhancedCode: "2.0.0", response: "250 2.0.0 taken" }

function resultOf(_request: SendRequest, recipients: SendResult["recipients"]): SendResult {
  return {
    stage: "dot",
    recipients,
    reply: recipients[0]?.reply ?? null,
    fault: null,
    offers: null,
    dsn: null,
    tls: null,
    serverMessageId: null,
    durationMs: 1,
  }
}
