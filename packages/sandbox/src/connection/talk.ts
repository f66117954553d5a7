import type { Socket } from "node:net"
import type { Services } from "../services.ts"
import { type Connection, createConnection } from "./connection.ts"
import { ConnectionClosed, LineTooLong } from "./connection-error.ts"
import { logLine, type SessionRecord } from "./session-log.ts"

/** A connection with its place in the log: everything said through it is written down. */
export type Talk = {
  readonly connection: Connection
  readonly record: SessionRecord
  /** Sends complete lines. */
  say(lines: string | Buffer): Promise<void>
  /** The next line, as it came. `describe` turns it into what the log may show. */
  hear(describe?: (line: string) => string): Promise<Buffer>
}

export type TalkOptions = {
  readonly services: Services
  readonly protocol: SessionRecord["protocol"]
  readonly socket: Socket
  readonly implicitTls: boolean
  readonly idleTimeoutMs: number
  readonly maxLineBytes: number
  /** Sent before closing when a line is too long. */
  readonly lineTooLong: string
  readonly serve: (talk: Talk) => Promise<void>
}

/** Runs one session to its end. A client that goes away, or is sent away, is a normal end. */
export async function holdTalk(options: TalkOptions): Promise<void> {
  const { services, socket, implicitTls, idleTimeoutMs, maxLineBytes } = options
  const { secureContext, log } = services
  const connection = createConnection({
    socket,
    idleTimeoutMs,
    ...(implicitTls && secureContext ? { secureContext } : {}),
  })
  const { localPort: port, remoteAddress } = connection
  const record = log.open({ protocol: options.protocol, port, remoteAddress })
  record.secure = connection.secure
  const talk: Talk = {
    connection,
    record,
    say(lines) {
      for (const line of lines.toString().split(/\r\n(?!$)/)) logLine(record, "S", line)
      return connection.write(lines)
    },
    async hear(describe = (line) => line) {
      const line = await connection.readLine(maxLineBytes)
      logLine(record, "C", describe(line.toString("utf8")))
      return line
    },
  }
  try {
    await options.serve(talk)
    connection.end()
  } catch (error) {
    if (error instanceof LineTooLong) await talk.say(options.lineTooLong).catch(noteFault(record))
    else noteFault(record)(error)
    connection.end()
  } finally {
    log.close(record)
  }
}

/** A client that went away is no news; a bug of ours ends its session only, and the log tells. */
function noteFault(record: SessionRecord): (error: unknown) => void {
  return (error) => {
    if (error instanceof ConnectionClosed) return
    logLine(record, "S", `(internal error) ${error instanceof Error ? error.stack : String(error)}`)
  }
}
