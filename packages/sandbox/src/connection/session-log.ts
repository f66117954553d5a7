/** What was said on one connection, with secrets masked and long lines cut. */
export type SessionRecord = {
  readonly id: number
  readonly protocol: "smtp" | "imap" | "pop3"
  readonly port: number
  readonly remoteAddress: string
  readonly openedAt: string
  closedAt?: string
  secure: boolean
  user?: string
  /** `C: ` from the client, `S: ` from us. */
  readonly lines: string[]
  /** Lines left out because the session said too much. */
  omitted: number
}

export type SessionLog = {
  readonly sessions: readonly SessionRecord[]
  open(session: Pick<SessionRecord, "protocol" | "port" | "remoteAddress">): SessionRecord
  close(session: SessionRecord): void
  clear(): void
}

const maxSessions = 200
const maxLines = 1000
const maxLineLength = 500

export function createSessionLog(now: () => number): SessionLog {
  const sessions: SessionRecord[] = []
  let lastId = 0
  return {
    sessions,
    open(session) {
      lastId += 1
      const record: SessionRecord = {
        id: lastId,
        ...session,
        openedAt: new Date(now()).toISOString(),
        secure: false,
        lines: [],
        omitted: 0,
      }
      sessions.push(record)
      if (sessions.length > maxSessions) sessions.shift()
      return record
    },
    close(session) {
      session.closedAt = new Date(now()).toISOString()
    },
    clear: () => sessions.splice(0),
  }
}

export function logLine(session: SessionRecord, from: "C" | "S", text: string): void {
  if (session.lines.length >= maxLines) {
    session.omitted += 1
    return
  }
  const line = text.endsWith("\r\n") ? text.slice(0, -2) : text
  session.lines.push(`${from}: ${line.length > maxLineLength ? `${line.slice(0, maxLineLength)}...` : line}`)
}
