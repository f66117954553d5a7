/** What was said while a connection was opened, without secrets, as far as knowing where it died needs it. */
export interface Transcript {
  /** Replies since the connection opened. */
  readonly replies: number
  /** Last reply that answered EHLO or HELO. */
  readonly greeted: string | null
  /** First word of the last command; `AUTH` for all of a login. */
  readonly lastCommand: string | null
  /** Octets came in plain text behind the go-ahead of STARTTLS (mail-rules N2). */
  readonly injected: boolean
  /** Called on each reply. */
  onReply: () => void
  onInjection: () => void
  logger: { debug: LogSink; info: LogSink; warn: LogSink; error: LogSink }
}

type LogSink = (entry?: unknown, message?: unknown) => void

const verbs = /^(EHLO|HELO|STARTTLS|AUTH|MAIL|RCPT|DATA|RSET|QUIT)\b/i

/**
 * The log of nodemailer's SMTPConnection (`transactionLog`), read as facts: its errors do not say which command had been answered, and it
 * drops what was injected before the handshake of STARTTLS without ending the session.
 */
export function createTranscript(): Transcript {
  const state = {
    replies: 0,
    greeted: null as string | null,
    lastCommand: null as string | null,
    injected: false,
    onReply: () => {},
    onInjection: () => {},
    logger: { debug: read, info: read, warn: read, error: read },
  }
  function read(entry?: unknown, message?: unknown): void {
    if (typeof entry !== "object" || entry === null) return
    if ("discarded" in entry) {
      state.injected = true
      state.onInjection()
    }
    if (!("tnx" in entry) || typeof message !== "string") return
    if (entry.tnx === "client") command(message)
    if (entry.tnx === "server") reply(message)
  }
  function command(line: string): void {
    state.lastCommand = verbs.exec(line)?.[1]?.toUpperCase() ?? "AUTH"
    // What was offered before the handshake of STARTTLS no longer counts (RFC 3207 section 4.2).
    if (state.lastCommand === "EHLO") state.greeted = null
  }
  function reply(text: string): void {
    state.replies++
    if ((state.lastCommand === "EHLO" || state.lastCommand === "HELO") && text.startsWith("2")) state.greeted = text
    state.onReply()
  }
  return state
}
