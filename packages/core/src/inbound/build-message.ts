import type { AccountRecord } from "../account/account.ts"
import type { Ids } from "../ports/ids.ts"
import type { ParsedMail } from "../ports/mime.ts"
import { automaticReason } from "./automatic.ts"
import { threadId } from "./mail-ids.ts"
import type { InboundKind, InboundMessage } from "./message.ts"
import { readAuth } from "./read-auth.ts"
import { topReceivedDate } from "./received-header.ts"
import { textReply } from "./text-reply.ts"

/** Where a mail lies on the server, and what the listing said of it. */
export interface MailPlace {
  id: string
  source: "imap" | "pop3"
  mailbox: string
  uid?: number
  uidvalidity?: string
  uidl?: string
  /** INTERNALDATE; over POP3 the topmost Received is taken (mail-rules B8). */
  internalDate: number | null
  flags: string[]
}

export interface MailFacts {
  place: MailPlace
  parsed: ParsedMail
  kind: InboundKind
  /** Octets of the mail as received, or as the server counts them when only headers were taken. */
  size: number
  hasRaw: boolean
  now: number
}

/** The received message as `event.json` and the API show it. */
export function buildMessage(
  ports: { ids: Pick<Ids, "derive">; publicUrl: string },
  account: AccountRecord,
  facts: MailFacts,
): InboundMessage {
  const { place, parsed, now } = facts
  const { messageId, inReplyTo, references } = parsed
  const id = place.id
  const link = `${ports.publicUrl}/v1/messages/${id}`
  const returnPath = readReturnPath(parsed.headers)
  const sentBy = readSentBy(parsed.headers)
  const { headers, from } = parsed
  const sender = { returnPath, from: from?.address ?? null, ownAddresses: ownAddresses(account), sentBy }
  const automatic = automaticReason({ headers, kind: facts.kind, ...sender })
  return {
    id,
    direction: "inbound",
    kind: facts.kind,
    account: account.id,
    tenant: account.settings.tenant,
    ...shownPlace(place),
    message_id: messageId,
    in_reply_to: inReplyTo,
    references,
    thread_id: threadId(ports.ids, { account: account.id, references, inReplyTo, messageId, id }),
    from: parsed.from,
    to: parsed.to,
    cc: parsed.cc,
    reply_to: parsed.replyTo,
    delivered_to: deliveredTo(parsed.headers),
    subject: parsed.subject,
    date: isoOrNull(parsed.date),
    received_at: isoOrNull(receivedAt(place, parsed)) ?? new Date(now).toISOString(),
    created_at: new Date(now).toISOString(),
    ...shownContent(parsed, link),
    flags: place.flags,
    size: facts.size,
    raw_url: facts.hasRaw ? `${link}/raw` : null,
    auth: readAuth(parsed.headers, account.settings.authserv_ids),
    parse: { status: parsed.status, defects: parsed.defects },
    return_path: returnPath,
    automatic,
    reply_allowed: automatic === null,
    sent_by: sentBy,
  }
}

function shownPlace({ source, mailbox, uid, uidvalidity, uidl }: MailPlace) {
  return {
    source,
    mailbox,
    ...(uid === undefined ? {} : { uid }),
    ...(uidvalidity === undefined ? {} : { uidvalidity }),
    ...(uidl === undefined ? {} : { uidl }),
  }
}

function shownContent(parsed: ParsedMail, link: string) {
  return {
    text: parsed.text,
    text_reply: textReply(parsed.text),
    html: parsed.html,
    headers: parsed.headers,
    attachments: parsed.attachments.map((one) => ({ ...one, url: `${link}/attachments/${one.index}` })),
    ...(parsed.calendar === null ? {} : { calendar: parsed.calendar }),
    marks: parsed.marks,
  }
}

/** When the server got the mail; null where nobody says. */
export function receivedAt(place: MailPlace, parsed: Pick<ParsedMail, "headers">): number | null {
  return place.internalDate ?? topReceivedDate(parsed.headers)
}

type Headers = ParsedMail["headers"]

/** Only above the first Received is it our own server's word (mail-rules K3). "" is the null sender; null: none. */
function readReturnPath(headers: Headers): string | null {
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    if (key === "received") return null
    if (key !== "return-path") continue
    return (/<([^<>]*)>/.exec(value)?.[1] ?? value).trim()
  }
  return null
}

function deliveredTo(headers: Headers): string[] {
  const names = ["delivered-to", "x-original-to", "envelope-to"]
  const found = headers.filter(([name]) => names.includes(name.toLowerCase())).flatMap(([, value]) => value.split(","))
  return [...new Set(found.map((one) => (/<([^<>]*)>/.exec(one)?.[1] ?? one).trim()))]
    .filter((one) => one !== "")
    .slice(0, 50)
}

/** Our own mark (mail-rules A9). */
export function readSentBy(headers: Headers): string | null {
  const value = headers.find(([name]) => name.toLowerCase() === "x-postrider-id")?.[1].trim() ?? ""
  return /^out_[A-Za-z0-9]{1,64}$/.test(value) ? value : null
}

function ownAddresses({ settings }: AccountRecord): string[] {
  return [settings.email, ...settings.senders.filter((sender) => !sender.includes("*"))].map((one) => one.toLowerCase())
}

/** Dates out of the range of the calendar are as good as none. */
function isoOrNull(time: number | null): string | null {
  return time === null || Math.abs(time) > 8.64e15 || time < -62_135_596_800_000 || time > 253_402_300_799_999
    ? null
    : new Date(time).toISOString()
}
