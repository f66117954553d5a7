import type { AccountRecord } from "../account/account.ts"
import { openServer } from "../account/open-server.ts"
import type { MailboxSession } from "../ports/mailbox-reader.ts"
import type { Ports } from "../ports/ports.ts"
import type { OutboundMessage } from "./message.ts"

/** A look must not eat the time that sending needs. */
const lookMs = 30_000

/**
 * Whether a copy of the message stands in the account's Sent mailbox, looked up before a re-send after an unknown outcome
 * (mail-rules I2). A miss proves nothing, and neither does a failure to look.
 */
export async function lookInSent(
  ports: Pick<Ports, "reader" | "secrets" | "clock" | "log">,
  request: { account: AccountRecord; message: OutboundMessage; deadline: number },
): Promise<boolean> {
  const { account, message } = request
  if (account.settings.imap === null || message.test) return false
  // The copy may be that of a transaction whose answer came.
  if (message.recipients.some((r) => r.status === "sent" || r.status === "delivered")) return false
  const deadline = Math.min(ports.clock.now() + lookMs, request.deadline)
  try {
    const server = openServer(ports, account, "imap")
    const session = await ports.reader.open({ protocol: "imap", server, deadline })
    try {
      return await hasCopy(session, message)
    } finally {
      await session.end()
    }
  } catch (error) {
    ports.log.info("deliver.sent_lookup_failed", { message: message.id, account: account.id, why: String(error) })
    return false
  }
}

async function hasCopy(session: MailboxSession, message: OutboundMessage): Promise<boolean> {
  const sent = (await session.mailboxes()).find((m) => m.selectable && m.specialUse?.toLowerCase() === "\\sent")
  if (sent === undefined) return false
  await session.select(sent.path)
  const byId = await session.searchHeader("X-Postrider-Id", message.id)
  if (byId.length > 0) return true
  // A Message-ID of the caller's own may be on another mail.
  if (!message.message_id.startsWith(`<${message.id}@`)) return false
  return (await session.searchHeader("Message-ID", message.message_id)).length > 0
}
