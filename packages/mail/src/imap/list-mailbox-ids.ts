import type { ImapAttribute, ImapFlow, ImapResponse } from "imapflow"
import type { ImapConnection } from "./connection.ts"
import { isBusy, refusalOf } from "./imap-fault.ts"
import type { Allowance } from "./reading-meter.ts"

/** Part of imapflow 2.10.2 that its types leave out; it has no command of its own for MAILBOXID in STATUS. */
interface RawCommands {
  exec(
    command: string,
    attributes: unknown[],
    options: { untagged: Record<string, (answer: ImapResponse) => Promise<void>> },
  ): Promise<{ next(): void }>
}

/**
 * MAILBOXID (RFC 8474 section 4) by name as listed, in one command (LIST-STATUS, RFC 5819); empty where the server lacks one of the two, or
 * refuses. Needed to follow a mailbox through a rename (mail-rules A8).
 */
export async function listMailboxIds(connection: ImapConnection, allowance: Allowance): Promise<Map<string, string>> {
  const { client } = connection
  const ids = new Map<string, string>()
  if (!client.capabilities.has("OBJECTID") || !client.capabilities.has("LIST-STATUS")) return ids
  try {
    const ask = async () => {
      const atom = (value: string) => ({ type: "ATOM", value })
      const wanted = ["", "*", atom("RETURN"), [atom("STATUS"), [atom("MAILBOXID")]]]
      const answer = await rawCommands(client).exec("LIST", wanted, {
        untagged: {
          STATUS: async ({ attributes }) => {
            const id = mailboxId(attributes?.[1] ?? null)
            if (id !== null) ids.set(textOf(attributes?.[0] ?? null), id)
          },
        },
      })
      answer.next()
    }
    await connection.attempt("list", ask, allowance)
  } catch (error) {
    if (refusalOf(error) === null || isBusy(error)) throw connection.fail("list", error)
  }
  return ids
}

const rawCommands = (client: ImapFlow): RawCommands => client as unknown as RawCommands

/** The value after MAILBOXID in `(MAILBOXID (id) …)`. */
function mailboxId(status: ImapAttribute): string | null {
  if (!Array.isArray(status)) return null
  const at = status.findIndex((item) => textOf(item).toUpperCase() === "MAILBOXID")
  const value = at < 0 ? null : (status[at + 1] ?? null)
  return textOf(Array.isArray(value) ? (value[0] ?? null) : value) || null
}

function textOf(item: ImapAttribute): string {
  if (item === null || Array.isArray(item)) return ""
  return typeof item.value === "string" || Buffer.isBuffer(item.value) ? item.value.toString() : ""
}
