import type { Socket } from "node:net"

export interface ReplyRecorder {
  /** Complete replies since the start, in order, lines separated by LF. */
  replies(): string[]
  stop(): void
}

const maxOctets = 262_144

/**
 * All replies that came, read off the socket beside nodemailer: it works off a batch of replies one by one and forgets the rest of them when the
 * connection ends meanwhile, answers to RCPT among them (mail-rules H5).
 */
export function recordReplies(socket: Socket, onReply: (replies: number) => void): ReplyRecorder {
  const complete: string[] = []
  let lines: string[] = []
  let rest = ""
  let octets = 0
  const read = (chunk: Uint8Array): void => {
    octets += chunk.length
    // nodemailer ends the connection soon after.
    if (octets > maxOctets) {
      stop()
      return
    }
    const parts = (rest + Buffer.from(chunk).toString("latin1")).split(/\r?\n/)
    rest = parts.pop() ?? ""
    parts.forEach(take)
  }
  const take = (line: string): void => {
    if (line.trim() === "" && lines.length === 0) return
    lines.push(line)
    if (/^\d+-/.test(line)) return
    complete.push(decoded(lines.join("\n")))
    lines = []
    onReply(complete.length)
  }
  const stop = (): void => void socket.off("data", read)
  socket.on("data", read)
  return {
    stop,
    // A server that hangs up behind a refusal may leave out the end of its line.
    replies: () => (/^[45]\d\d /.test(rest) ? [...complete, decoded([...lines, rest].join("\n"))] : [...complete]),
  }
}

/** UTF-8 where it is, as most servers write by now, else as it came. */
function decoded(latin1: string): string {
  const utf8 = Buffer.from(latin1, "latin1").toString("utf8")
  return utf8.includes("\ufffd") ? latin1 : utf8
}
