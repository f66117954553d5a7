import type { AccountRecord } from "../account/account.ts"
import { RelayError } from "../error/relay-error.ts"
import type { NewEvent } from "../event/event.ts"
import type { ByteStream } from "../ports/content-store.ts"
import type { ParsedMail } from "../ports/mime.ts"
import type { NewRecord } from "../ports/record-store.ts"
import { messageIndex } from "../record/message-index.ts"
import { buildMessage, type MailPlace, readSentBy, receivedAt } from "./build-message.ts"
import { type MailKeys, mailKeys } from "./content-keys.ts"
import { type CutBody, type HeldBody, isTooLarge, streamOf } from "./hold-body.ts"
import { mailEventId } from "./mail-ids.ts"
import { mailKind } from "./mail-kind.ts"
import { type InboundMessage, type InboundRecord, inboundRecordId } from "./message.ts"
import { headerEnd, headerHash } from "./message-key.ts"
import type { PollPorts } from "./poll-context.ts"
import { topReceivedDate } from "./received-header.ts"
import { summariseMessage } from "./summarise-message.ts"

/** Event data up to this size travel in records and jobs; larger ones are read from `event.json`. */
const maxInlineBytes = 32 * 1024

export interface MailToTake {
  account: AccountRecord
  place: MailPlace
  /** Sorts the events of one mailbox as text. */
  sequence: string
  /** Size as listed, for mail of which only the headers are taken. */
  listedSize: number
  body: HeldBody | CutBody
  /** Mail with our own X-Postrider-Id is left alone here (mail-rules A9). */
  skipOwn: boolean
}

export interface TakenMail {
  /** Null: the mail was erased before and stays so. */
  event: NewEvent | null
  message: InboundMessage
  headerHash: string
}

/**
 * Stores one mail: raw, then the parsed message, then the record if absent. Nothing is announced yet. Every step may be repeated;
 * the id and the keys hang on the place of the mail. Null: it is our own. @throws whatever the stores or the mail's stream throw.
 */
export async function takeMail(ports: PollPorts, mail: MailToTake): Promise<TakenMail | null> {
  const head = headOf(mail.body)
  const facts =
    mail.skipOwn || mail.place.internalDate === null ? await ports.parser.parseHeaders(head) : { headers: [] }
  if (mail.skipOwn && readSentBy(facts.headers) !== null) return null
  const early = mail.place.internalDate ?? topReceivedDate(facts.headers)
  const keys = mailKeys(mail.account.id, mail.place.id, early ?? ports.clock.now())
  const read = await readStored(ports, mail, { keys, head })
  const kind = read.raw === null ? "mail" : await mailKind(ports.parser, read.parsed, read.raw)
  const message = buildMessage({ ids: ports.ids, publicUrl: ports.limits.publicUrl }, mail.account, {
    place: { ...mail.place, internalDate: receivedAt(mail.place, read.parsed) },
    parsed: read.parsed,
    kind,
    size: read.size,
    hasRaw: read.raw !== null,
    now: ports.clock.now(),
  })
  const written = await writeRecord(ports, message, {
    rawKey: read.raw === null ? null : keys.raw,
    eventKey: keys.event,
    mailboxes: [],
    incarnation: mail.account.incarnation,
    listedSize: mail.listedSize,
  })
  const event = written === null ? null : eventOf(ports, written, { sequence: mail.sequence, dataKey: keys.event })
  return { event, message, headerHash: headerHash(ports.ids, head) }
}

interface ReadMail {
  parsed: ParsedMail
  size: number
  /** The stored raw mail again; null where only headers were taken. */
  raw: (() => Promise<ByteStream>) | null
}

/** Raw first, so that whatever the parser does, the mail is safe (mail-rules B5). */
async function readStored(
  ports: PollPorts,
  mail: MailToTake,
  { keys, head }: { keys: MailKeys; head: Uint8Array },
): Promise<ReadMail> {
  const { body } = mail
  const oversize = async (): Promise<ReadMail> => {
    const parsed = await ports.parser.parseHeaders(head)
    return { parsed: { ...parsed, status: "oversize" }, size: mail.listedSize, raw: null }
  }
  if (body.kind === "headers") return oversize()
  if (body.kind === "whole") {
    if (body.octets.length > ports.limits.maxMessageBytes) return oversize()
    await ports.content.put(keys.raw, body.octets)
    const parsed = await ports.parser.parse(streamOf(body.octets))
    return { parsed, size: body.octets.length, raw: async () => streamOf(body.octets) }
  }
  try {
    const { size } = await ports.content.put(keys.raw, body.stream)
    const raw = () => readContent(ports, keys.raw)
    return { parsed: await ports.parser.parse(await raw()), size, raw }
  } catch (error) {
    if (isTooLarge(error)) return oversize()
    throw error
  }
}

async function readContent(ports: Pick<PollPorts, "content">, key: string): Promise<ByteStream> {
  const stored = await ports.content.get(key)
  if (stored === undefined)
    throw new RelayError("internal", "A message could not be read back.", { internal: `${key} is gone` })
  return stored.body
}

/** @returns the message as it stands in the store; null when it was erased there. */
async function writeRecord(
  ports: PollPorts,
  made: InboundMessage,
  given: Omit<InboundRecord, "summary">,
): Promise<InboundMessage | null> {
  const keepMs = ports.limits.keepMessagesMs
  const message = await writeEventFile(ports, made, given.eventKey)
  const summary = summariseMessage(message)
  const record: NewRecord<InboundRecord> = {
    id: inboundRecordId(message.id),
    body: { summary, ...given },
    index: messageIndex(summary),
    ...(keepMs === null ? {} : { expiresAt: ports.clock.now() + keepMs }),
  }
  const put = await ports.records.put<InboundRecord>(record, { absent: true })
  if (put.won) return message
  const before = put.current?.body
  if (before?.erased === true) {
    await ports.content.delete([given.eventKey, ...(given.rawKey === null ? [] : [given.rawKey])])
    return null
  }
  // It exists, go on: the event may be missing (mail-rules A7). It tells of the record that stands.
  return before === undefined ? message : { ...message, created_at: before.summary.created_at }
}

/**
 * Stores the parsed message. A large one is what webhooks are made of, on every attempt the same bytes: where an earlier run stored it
 * already it stays as it is, though flags or times may differ by now.
 */
async function writeEventFile(ports: PollPorts, message: InboundMessage, key: string): Promise<InboundMessage> {
  const bytes = new TextEncoder().encode(JSON.stringify(message))
  const stored = bytes.length > maxInlineBytes ? await ports.content.get(key) : undefined
  if (stored === undefined) {
    await ports.content.put(key, bytes)
    return message
  }
  const chunks: string[] = []
  const decoder = new TextDecoder()
  for await (const chunk of stored.body) chunks.push(decoder.decode(chunk, { stream: true }))
  return JSON.parse(chunks.join("") + decoder.decode()) as InboundMessage
}

function eventOf(
  ports: Pick<PollPorts, "ids">,
  message: InboundMessage,
  { sequence, dataKey }: { sequence: string; dataKey: string },
): NewEvent {
  const small = new TextEncoder().encode(JSON.stringify(message)).length <= maxInlineBytes
  return {
    id: mailEventId(ports.ids, message.id, "message.received"),
    type: "message.received",
    account: message.account,
    tenant: message.tenant,
    test: false,
    sequence,
    mailbox: message.mailbox,
    message: message.id,
    ...(small ? { data: message } : { dataKey }),
  }
}

/** Octets that hold the header block, as far as they are at hand. */
function headOf(body: MailToTake["body"]): Uint8Array {
  const octets = body.kind === "headers" ? body.block : body.kind === "whole" ? body.octets : body.head
  return octets.subarray(0, headerEnd(octets))
}
