import { type LineServer, type LineServerOptions, type Peer, startLineServer } from "./line-server.ts"

export interface DropMail {
  uidl: string
  content: Buffer
  /** What LIST says, where it lies. */
  size?: number
}

export interface MaildropOptions extends Pick<LineServerOptions, "tls" | "implicit"> {
  mails?: DropMail[]
  capabilities?: string[]
  greeting?: string
  /** Answers a command in the server's place; undefined leaves it to the server. Keyed by keyword. */
  answers?: Record<string, (line: string, peer: Peer) => string | Buffer | null | undefined>
}

export interface MaildropServer extends LineServer {
  mails: DropMail[]
}

/** Adds the framing of a multi-line response (RFC 1939 section 3). */
export function stuff(content: Buffer): Buffer {
  const pieces: Buffer[] = content[0] === 0x2e ? [Buffer.from(".")] : []
  let from = 0
  for (let at = content.indexOf("\r\n."); at !== -1; at = content.indexOf("\r\n.", from)) {
    pieces.push(content.subarray(from, at + 2), Buffer.from("."))
    from = at + 2
  }
  const whole = content.length === 0 || content.subarray(-2).equals(Buffer.from("\r\n"))
  return Buffer.concat([...pieces, content.subarray(from), Buffer.from(whole ? ".\r\n" : "\r\n.\r\n")])
}

const headerBlock = (content: Buffer): Buffer => {
  const end = content.indexOf("\r\n\r\n")
  return end === -1 ? content : content.subarray(0, end + 4)
}

const listing = (lines: string[]): string => `+OK\r\n${lines.map((line) => `${line}\r\n`).join("")}.\r\n`

/** A well-behaved POP3 server over mails in memory, user `alice`, password or token `secret`, with single commands replaced at will. */
export async function startMaildropServer(options: MaildropOptions = {}): Promise<MaildropServer> {
  const mails = options.mails ?? []
  const capabilities = options.capabilities ?? [
    "USER",
    "TOP",
    "UIDL",
    "RESP-CODES",
    "SASL PLAIN XOAUTH2 OAUTHBEARER",
    ...(options.tls ? ["STLS"] : []),
  ]
  const sessions = new WeakMap<Peer, { user: string; deleted: Set<number>; awaiting: boolean }>()

  const session = (peer: Peer) => {
    const known = sessions.get(peer) ?? { user: "", deleted: new Set<number>(), awaiting: false }
    sessions.set(peer, known)
    return known
  }
  const listed = (peer: Peer) =>
    mails.map((mail, index) => ({ mail, number: index + 1 })).filter(({ number }) => !session(peer).deleted.has(number))
  const one = (peer: Peer, number: string | undefined) =>
    listed(peer).find((entry) => entry.number === Number(number))?.mail
  const commands: Record<string, (args: string[], peer: Peer) => string | Buffer | null> = {
    CAPA: () => listing(capabilities),
    STLS: (_args, peer) => {
      peer.write("+OK begin\r\n")
      peer.startTls()
      return null
    },
    USER: ([name], peer) => {
      session(peer).user = name ?? ""
      return "+OK\r\n"
    },
    PASS: ([password], peer) =>
      session(peer).user === "alice" && password === "secret" ? "+OK in\r\n" : "-ERR [AUTH] no\r\n",
    AUTH: (_args, peer) => {
      session(peer).awaiting = true
      return "+ \r\n"
    },
    STAT: (_args, peer) =>
      `+OK ${listed(peer).length} ${listed(peer).reduce((sum, { mail }) => sum + mail.content.length, 0)}\r\n`,
    LIST: (_args, peer) =>
      listing(listed(peer).map(({ mail, number }) => `${number} ${mail.size ?? mail.content.length}`)),
    UIDL: (_args, peer) => listing(listed(peer).map(({ mail, number }) => `${number} ${mail.uidl}`)),
    TOP: ([number], peer) => framed(one(peer, number), headerBlock),
    RETR: ([number], peer) => framed(one(peer, number), (content) => content),
    DELE: ([number], peer) => {
      if (one(peer, number) === undefined) return "-ERR no such message\r\n"
      session(peer).deleted.add(Number(number))
      return "+OK\r\n"
    },
    NOOP: () => "+OK\r\n",
    RSET: (_args, peer) => {
      session(peer).deleted.clear()
      return "+OK\r\n"
    },
    QUIT: (_args, peer) => {
      const gone = new Set([...session(peer).deleted].map((number) => mails[number - 1]))
      mails.splice(0, mails.length, ...mails.filter((mail) => !gone.has(mail)))
      peer.socket.end("+OK bye\r\n")
      return null
    },
  }
  const onLine = (line: string, peer: Peer) => {
    const [keyword = "", ...args] = line.split(" ")
    if (session(peer).awaiting) {
      session(peer).awaiting = false
      return peer.write(Buffer.from(line, "base64").includes("secret") ? "+OK in\r\n" : "-ERR [AUTH] no\r\n")
    }
    const replaced = options.answers?.[keyword]?.(line, peer)
    const answer = replaced === undefined ? (commands[keyword]?.(args, peer) ?? null) : replaced
    if (answer !== null) peer.write(answer)
    else if (commands[keyword] === undefined) peer.write("-ERR unknown command\r\n")
  }
  const greet = (peer: Peer) => peer.write(`${options.greeting ?? "+OK ready"}\r\n`)
  const server = await startLineServer({ ...options, onConnect: greet, onLine })
  return { ...server, mails }
}

const framed = (mail: DropMail | undefined, part: (content: Buffer) => Buffer): Buffer | string =>
  mail === undefined ? "-ERR no such message\r\n" : Buffer.concat([Buffer.from("+OK\r\n"), stuff(part(mail.content))])
