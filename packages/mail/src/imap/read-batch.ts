import type { ImapConnection } from "./connection.ts"
import { isBusy, refusalOf } from "./imap-fault.ts"
import { uidSet } from "./uid-set.ts"

/** Bodies of a batch that came whole, by UID. The others were not delivered, or were left for a FETCH of their own. */
export type BatchBodies = Map<number, Uint8Array>

/**
 * One FETCH of BODY.PEEK[] for small mails. A server whose sizes are wrong may send far more than it listed: past `maxBytes` in all
 * nothing more is kept.
 */
export async function readBatch(
  connection: ImapConnection,
  uids: readonly number[],
  maxBytes: number,
): Promise<BatchBodies> {
  const { client } = connection
  const wanted = new Set(uids)
  const bodies: BatchBodies = new Map()
  let octets = 0
  try {
    await connection.attempt("fetch", async () => {
      // No command may run in this loop: imapflow would wait for itself.
      for await (const row of client.fetch(uidSet(uids), { uid: true, source: true }, { uid: true })) {
        if (!wanted.has(row.uid) || !row.source || row.source.length === 0) continue
        octets += row.source.length
        if (octets <= maxBytes) bodies.set(row.uid, row.source)
      }
    })
  } catch (error) {
    if (refusalOf(error) === null || isBusy(error)) throw connection.fail("fetch", error)
  }
  return bodies
}

/**
 * Whether the mail ends at `offset`, though RFC822.SIZE promised more: asked for the octet before and the one after, the server has
 * only the first. Servers that estimate sizes (Exchange) would otherwise never deliver a mail; a literal cut short says no here.
 */
export async function endsAt(connection: ImapConnection, uid: number, offset: number): Promise<boolean> {
  try {
    const query = { uid: true, source: { start: offset - 1, maxLength: 2 } }
    const row = await connection.attempt("fetch", () => connection.client.fetchOne(`${uid}`, query, { uid: true }))
    return row !== false && Buffer.isBuffer(row.source) && row.source.length === 1
  } catch (error) {
    if (refusalOf(error) === null || isBusy(error)) throw connection.fail("fetch", error)
    return false
  }
}
