import type { Connection } from "../connection/connection.ts"
import { ConnectionClosed } from "../connection/connection-error.ts"
import type { Fault } from "../fault/fault.ts"
import { serveBody } from "../fault/served-body.ts"
import { cut } from "../fault/strike.ts"
import type { Content } from "../message/content.ts"
import type { FetchItem } from "./fetch-items.ts"

export type LiteralOptions = {
  readonly item: Extract<FetchItem, { kind: "section" }>
  /** Undefined: there is no such section. */
  readonly content: Content | undefined
  readonly fault: Fault | undefined
}

/** Sends `BODY[...]<origin> {size}` and the octets. */
export async function sendLiteral(connection: Connection, { item, content, fault }: LiteralOptions): Promise<void> {
  const label = item.partial ? `${item.label}<${item.partial.start}>` : item.label
  if (content === undefined || fault?.nilBody) return connection.write(Buffer.from(`${label} NIL`, "latin1"))
  const body = serveBody(content, fault)
  const start = Math.min(item.partial?.start ?? 0, body.size)
  const end = Math.min(start + (item.partial?.length ?? body.size), body.size)
  await connection.write(Buffer.from(`${label} {${end - start}}\r\n`, "latin1"))
  const stop = fault?.afterBytes === undefined ? end : Math.min(end, start + fault.afterBytes)
  for (const chunk of body.chunks(start, stop)) await connection.write(chunk)
  if (fault?.afterBytes === undefined) return
  await cut(connection, fault)
  connection.end()
  throw new ConnectionClosed("ended in the middle of a message on purpose")
}
