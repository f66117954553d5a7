import { isIP } from "node:net"
import type { Clock } from "@postrider/core/ports/clock"
import type { Logger } from "@postrider/core/ports/logger"
import type { MailServer } from "@postrider/core/ports/mail-server"
import type { ImapFlowOptions } from "imapflow"

export interface ReaderLimits {
  log: Logger
  clock: Clock
  /** Largest body that is read, octets; the literal limit follows from it. */
  maxMessageBytes: number
  /** Milliseconds. */
  timeouts: { connectMs: number; greetingMs: number; silenceMs: number }
}

interface Wanted {
  server: MailServer
  address: string
  limits: ReaderLimits
  /** Called with the error of every command that imapflow answers with `false` instead of throwing. */
  onRefusal: (error: unknown) => void
}

/** imapflow's settings: bounded in time and size, nothing on its own initiative, no credentials without the TLS that was asked for. */
export function clientOptions({ server, address, limits, onRefusal }: Wanted): ImapFlowOptions {
  const name = server.tls.serverName ?? server.host
  const mebibyte = 1024 * 1024
  return {
    host: address,
    port: server.port,
    secure: server.security === "tls",
    // With `secure` imapflow takes no word about STARTTLS.
    ...(server.security === "tls" ? {} : { doSTARTTLS: server.security === "starttls" }),
    ...(isIP(name) === 0 ? { servername: name } : {}),
    auth: credentials(server),
    clientInfo: { name: "Postrider", version: "0.1.0", vendor: "Postrider", "support-url": false },
    logger: quietLogger(limits.log, onRefusal),
    disableAutoIdle: true,
    // Nothing of revision 2 is needed, and servers that get it wrong are known.
    disableIMAP4rev2: true,
    // A kilobyte on the wire may be a megabyte inflated: what a server may send is counted on the wire.
    disableCompression: true,
    connectionTimeout: limits.timeouts.connectMs,
    greetingTimeout: limits.timeouts.greetingMs,
    socketTimeout: limits.timeouts.silenceMs,
    maxLiteralSize: limits.maxMessageBytes + mebibyte,
    maxLineLength: 64 * mebibyte,
    maxResponseSize: limits.maxMessageBytes + 66 * mebibyte,
    maxResponseTokens: 200_000,
    maxLockHoldTime: false,
  }
}

function credentials({ credentials }: MailServer): NonNullable<ImapFlowOptions["auth"]> {
  if (credentials === null) return { user: "" }
  return credentials.kind === "token"
    ? { user: credentials.username, accessToken: credentials.accessToken }
    : { user: credentials.username, pass: credentials.password }
}

/** imapflow logs every line it sends and reads. Only its warnings pass, without the server's or our words: mail content and addresses are in them. */
function quietLogger(log: Logger, onRefusal: (error: unknown) => void): NonNullable<ImapFlowOptions["logger"]> {
  const note = (entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return
    if ("err" in entry) onRefusal(entry.err)
    const msg = "msg" in entry && typeof entry.msg === "string" ? entry.msg : "command failed"
    const code = "err" in entry && entry.err instanceof Error && "code" in entry.err ? String(entry.err.code) : null
    log.debug("imap.warning", { msg, code })
  }
  return { trace: () => undefined, debug: () => undefined, info: () => undefined, warn: note, error: note }
}
