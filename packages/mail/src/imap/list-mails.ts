import type { ListedMail } from "@postrider/core/ports/mailbox-reader"
import type { FetchMessageObject } from "imapflow"
import { faultError } from "../fault/fault-error.ts"
import type { ImapConnection } from "./connection.ts"
import { bareFault } from "./lifetime.ts"

/** More rows than any mailbox holds: a server that does not stop. */
const maxRows = 5_000_000

/** Mails with a UID in the range, ascending, in one FETCH. Rows outside the range are dropped (mail-rules B2, RFC 9051 section 6.4.9). */
export async function listMails(
  connection: ImapConnection,
  range: { from: number; to?: number },
): Promise<ListedMail[]> {
  const { client } = connection
  const { from, to } = range
  if (to !== undefined && to < from) return []
  // "1:*" of an empty mailbox is an error for some servers.
  if (client.mailbox !== false && client.mailbox.exists === 0) return []
  const found = new Map<number, ListedMail>()
  await connection.run("list", async () => {
    let rows = 0
    const query = { uid: true, flags: true, internalDate: true, size: true }
    for await (const row of client.fetch(`${from}:${to ?? "*"}`, query, { uid: true })) {
      if (++rows > maxRows) throw faultError(bareFault("protocol", "list", "TooManyRows"))
      if (!(row.uid >= from) || (to !== undefined && row.uid > to)) continue
      found.set(row.uid, { ...found.get(row.uid), ...listed(row), size: row.size ?? found.get(row.uid)?.size ?? 0 })
    }
  })
  return [...found.values()].sort((a, b) => a.ref - b.ref)
}

/** What one row says. Servers also send rows of their own accord, with flags only. */
function listed(row: FetchMessageObject): Omit<ListedMail, "size"> {
  const internalDate = row.internalDate instanceof Date ? row.internalDate.getTime() : undefined
  return {
    ref: row.uid,
    ...(internalDate === undefined ? {} : { internalDate }),
    ...(row.flags === undefined ? {} : { flags: lastingFlags(row.flags) }),
    ...(typeof row.emailId === "string" && row.emailId !== "" ? { emailId: row.emailId } : {}),
  }
}

/** \Recent belongs to a session, not to the mail (RFC 9051 took it out). */
const lastingFlags = (flags: Set<string>): string[] => [...flags].filter((flag) => flag.toLowerCase() !== "\\recent")
