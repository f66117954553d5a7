import type { Connection } from "../connection/connection.ts"
import { ConnectionClosed } from "../connection/connection-error.ts"
import type { Fault } from "./fault.ts"

/**
 * Does what every fault can do: wait, slow down, never answer, cut. Returns the reply to give instead of the
 * real one, undefined when the session goes on. Throws ConnectionClosed after a drop and at the end of a hang.
 */
export async function strike(connection: Connection, fault: Fault | undefined): Promise<string | undefined> {
  if (!fault) return undefined
  if (fault.dripMs) connection.dripMs = fault.dripMs
  if (fault.delayMs) await connection.wait(fault.delayMs)
  if (fault.afterBytes !== undefined) return fault.reply
  return cut(connection, fault)
}

/** The last part of `strike`, for faults that wait for an octet of a message first. */
export async function cut(connection: Connection, fault: Fault): Promise<string | undefined> {
  if (fault.hang) {
    await connection.whenClosed()
    throw new ConnectionClosed("the client gave up waiting")
  }
  if (fault.drop) {
    connection.destroy(fault.drop === "reset" ? "reset" : undefined)
    throw new ConnectionClosed("dropped on purpose")
  }
  return fault.reply
}

/** Fills `{sender}`, `{recipient}` and `{user}` in a reply. */
export function fillReply(reply: string, values: Readonly<Record<string, string | undefined>>): string {
  return reply.replace(/\{(sender|recipient|user)\}/g, (_, name: string) => values[name] ?? "")
}
