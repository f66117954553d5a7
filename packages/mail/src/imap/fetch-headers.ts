import type { ImapConnection } from "./connection.ts"
import { isBusy, refusalOf } from "./imap-fault.ts"
import { chunks, uidSet } from "./uid-set.ts"

const maxHeaderBytes = 1024 * 1024
const batchMails = 100

/** Header blocks, each up to 1 MiB, without \Seen. Mails the server does not deliver are left out. */
export async function fetchHeaders(
  connection: ImapConnection,
  uids: readonly number[],
): Promise<Map<number, Uint8Array>> {
  const found = new Map<number, Uint8Array>()
  for (const batch of chunks(uids, batchMails)) {
    try {
      await connection.attempt("fetch", () => readHeaders(connection, batch, found))
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
    if (wanted.has(row.uid) && row.headers) found.set(row.uid, row.headers)
  }
}
