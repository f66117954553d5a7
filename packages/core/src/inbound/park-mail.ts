import { announceEvents } from "../event/announce-events.ts"
import { mailEventId } from "./mail-ids.ts"
import type { PollContext } from "./poll-context.ts"

export interface MailToPark {
  id: string
  mailbox: string
  place: { uid: number } | { uidl: string }
  sequence: string
  reason: string
}

/** Tells that the server lists a mail but does not hand it out (`message.skipped`); the cursor moves past it afterwards. */
export async function announceSkipped(ctx: PollContext, mails: readonly MailToPark[]): Promise<void> {
  const { ports, account } = ctx
  const events = mails.map((mail) => ({
    id: mailEventId(ports.ids, mail.id, "message.skipped"),
    type: "message.skipped" as const,
    account: account.id,
    tenant: account.settings.tenant,
    test: false,
    sequence: mail.sequence,
    mailbox: mail.mailbox,
    data: { account: account.id, mailbox: mail.mailbox, ...mail.place, reason: mail.reason },
  }))
  await announceEvents(ports, events)
  ctx.tally.skipped += mails.length
}
