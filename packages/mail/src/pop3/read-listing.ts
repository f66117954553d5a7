import type { ListedMail } from "@postrider/core/ports/mailbox-reader"
import type { Pop3Client } from "@postrider/pop3/client"
import { Pop3Error } from "@postrider/pop3/pop3-error"
import { isBusy } from "./pop3-fault.ts"

/** Ids by message number; null when the server has no UIDL (mail-rules D4). */
export async function readIds(client: Pop3Client): Promise<Map<number, string> | null> {
  try {
    return new Map((await client.uidl()).map(({ number, uid }) => [number, uid]))
  } catch (error) {
    if (error instanceof Pop3Error && error.code === "refused" && !isBusy(error)) return null
    throw error
  }
}

/**
 * What LIST has, in its order, which means nothing (mail-rules D1). A mail without an id at a server that has them is left out: it
 * cannot be told from others, and is listed again next time.
 */
export async function readListing(client: Pop3Client, ids: Map<number, string> | null): Promise<ListedMail[]> {
  const mails = new Map<number, ListedMail>()
  for (const { number, size } of await client.list()) {
    const uidl = ids?.get(number)
    if (ids === null) mails.set(number, { ref: number, size })
    else if (uidl !== undefined) mails.set(number, { ref: number, size, uidl })
  }
  return [...mails.values()]
}
