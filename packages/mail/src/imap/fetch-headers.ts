import type { ImapConnection } from "./connection.ts"
import { isBusy, refusalOf } from "./imap-fault.ts"
import type { Allowance } from "./reading-meter.ts"
import { chunks, uidSet } from "./uid-set.ts"

const mebibyte = 1024 * 1024
const maxHeaderBytes = mebibyte
/** Of one call, with room for what surrounds the headers. */
const maxTotalBytes = 17 * mebibyte
const batchMails = 100

/**
 * Header blocks without \Seen, each cut at 1 MiB also where the server sends more than it was asked for. Mails the server does not
 * deliver are left out. A server that sends over 16 MiB in all loses the session. @throws RelayError with a fault `TooMuchData`.
 */
export async function fetchHeaders(
  connection: ImapConnection,
  uids: readonly number[],
): Promise<Map<number, Uint8Array>> {
  const found = new Map<number, Uint8Array>()
  const allowance: Allowance = { octets: maxTotalBytes, code: "TooMuchData" }
  for (const batch of chunks(uids, batchMails)) {
    try {
      await connection.attempt("fetch", () => readHeaders(connection, batch, found), allowance)
    } catch (error) {
      // One mail that cannot be read makes some servers refuse the whole FETCH: the rows that came are kept.
      if (refusalOf(error) === null || isBusy(error)) throw connection.fail("fetch", error)
    }
  }
  return found
}

async function readHeaders({ client }: ImapConnection, uids: number[], found: Map<number, Uint8Array>): Promise<void> {
  const wanted = new Set(uids)
  const query = { uid: true, bodyParts: [{ key: "header", start: 0, maxLength: maxHeaderBytes }] }
  for await (const row of client.fetch(uidSet(uids), query, { uid: true })) {
    // imapflow says false for NIL, against its types.
    if (wanted.has(row.uid) && row.headers) found.set(row.uid, cut(row.headers))
  }
}

/** A copy where something is cut off: a view would keep all of it in memory. */
const cut = (block: Buffer): Uint8Array =>
  block.length <= maxHeaderBytes ? block : Buffer.from(block.subarray(0, maxHeaderBytes))
