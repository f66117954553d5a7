import type { EventType } from "../event/event.ts"
import type { Ids } from "../ports/ids.ts"

/** Ids of received mail hang on where it lies, never on its content or the time (mail-rules A2, A6). */
export function imapMailId(
  ids: Pick<Ids, "derive">,
  place: { incarnation: string; mailbox: string; epoch: number; uid: number },
): string {
  return ids.derive("in", "imap", place.incarnation, place.mailbox, String(place.epoch), String(place.uid))
}

/** `n` counts the different mails that a server showed under one UIDL, from 0 (mail-rules D2). */
export function pop3MailId(
  ids: Pick<Ids, "derive">,
  place: { incarnation: string; epoch: number; uidl: string; n: number },
): string {
  return ids.derive("in", "pop3", place.incarnation, String(place.epoch), place.uidl, String(place.n))
}

/** One event of a type for each mail, however often it is announced. */
export function mailEventId(ids: Pick<Ids, "derive">, mail: string, type: EventType): string {
  return ids.derive("evt", mail, type)
}

/** Mails that answer one another share a thread: it hangs on the first message id that the mail names. */
export function threadId(
  ids: Pick<Ids, "derive">,
  mail: { account: string; references: string[]; inReplyTo: string | null; messageId: string | null; id: string },
): string {
  const root = mail.references[0] ?? mail.inReplyTo ?? mail.messageId ?? mail.id
  return ids.derive("thr", mail.account, root)
}
