import { RelayError } from "../error/relay-error.ts"
import type { ByteStream, ContentStore } from "../ports/content-store.ts"
import type { ComposedAttachment, ComposedMail, MailToCompose, MimeComposer } from "../ports/mime.ts"
import { fromBase64, toBase64 } from "./base64.ts"

/** Attachments up to this size stand inside the content document; larger ones are content of their own. */
const inlineBytes = 192 * 1024

interface StoredAttachment extends Omit<ComposedAttachment, "body"> {
  /** Base64, or the key of the bytes. */
  data?: string
  key?: string
}

/** The message as accepted, content included: `outbound/…/<id>.<nonce>.json`. The mail is a pure function of it. */
interface ContentDocument {
  version: 1
  mail: (Omit<MailToCompose, "attachments"> & { attachments: StoredAttachment[] }) | null
  raw: { key: string; size: number } | null
}

export interface AcceptedRaw {
  kind: "raw"
  size: number
  /** It has octets over 127, so 8BITMIME is needed. */
  eightBit: boolean
  /** Names of the headers that were put on top (mail-rules G8). */
  addedHeaders: string[]
  /** The same bytes each time. */
  body(): ByteStream
}

export type AcceptedContent = { kind: "mail"; mail: MailToCompose } | AcceptedRaw

/** Stores accepted content, large parts first, the document last. Answers the keys written, for a caller that has to take them back. */
export async function storeContent(
  content: ContentStore,
  key: string,
  accepted: AcceptedContent,
): Promise<{ keys: string[] }> {
  const keys: string[] = []
  const base = key.replace(/\.json$/, "")
  const document: ContentDocument = { version: 1, mail: null, raw: null }
  if (accepted.kind === "raw") {
    const rawKey = `${base}.eml`
    await content.put(rawKey, accepted.body())
    keys.push(rawKey)
    document.raw = { key: rawKey, size: accepted.size }
  } else {
    const attachments: StoredAttachment[] = []
    for (const [index, { body, ...rest }] of accepted.mail.attachments.entries()) {
      if (rest.size <= inlineBytes) {
        attachments.push({ ...rest, data: toBase64(await collect(body())) })
        continue
      }
      const partKey = `${base}-${index}`
      await content.put(partKey, body())
      keys.push(partKey)
      attachments.push({ ...rest, key: partKey })
    }
    document.mail = { ...accepted.mail, attachments }
  }
  await content.put(key, new TextEncoder().encode(JSON.stringify(document)))
  keys.push(key)
  return { keys }
}

/**
 * The mail as it goes over the wire; the same bytes on every call. `date` stands in place of the Date it was accepted with.
 * @throws RelayError `erased` when the content is gone.
 */
export async function composeStored(
  ports: { content: ContentStore; composer: MimeComposer },
  key: string,
  date: number | null = null,
): Promise<ComposedMail> {
  const document = await readDocument(ports.content, key)
  const { raw, mail } = document
  if (raw !== null) return { size: raw.size, body: () => readAll(ports.content, raw.key) }
  if (mail === null) throw gone(key)
  const attachments = mail.attachments.map(({ data, key: partKey, ...rest }): ComposedAttachment => {
    const body = (): ByteStream =>
      partKey === undefined ? once(fromBase64(data ?? "")) : readAll(ports.content, partKey)
    return { ...rest, body }
  })
  return ports.composer.compose({ ...mail, ...(date === null ? {} : { date }), attachments })
}

/** Text and HTML as accepted, for `GET /v1/messages/{id}`; nulls where the content is raw or gone. */
export async function readBodies(
  content: ContentStore,
  key: string,
): Promise<{ text: string | null; html: string | null; headers: [string, string][] }> {
  const stored = await content.get(key)
  if (stored === undefined) return { text: null, html: null, headers: [] }
  const document = parseDocument(await collect(stored.body))
  return {
    text: document.mail?.text ?? null,
    html: document.mail?.html ?? null,
    headers: document.mail?.headers ?? [],
  }
}

/** All keys that belong to one accepted message. */
export async function contentKeys(content: ContentStore, key: string): Promise<string[]> {
  const stored = await content.get(key)
  if (stored === undefined) return [key]
  const document = parseDocument(await collect(stored.body))
  const parts = document.mail?.attachments.flatMap((a) => (a.key === undefined ? [] : [a.key])) ?? []
  return [...parts, ...(document.raw === null ? [] : [document.raw.key]), key]
}

async function readDocument(content: ContentStore, key: string): Promise<ContentDocument> {
  const stored = await content.get(key)
  if (stored === undefined) throw gone(key)
  return parseDocument(await collect(stored.body))
}

function parseDocument(bytes: Uint8Array): ContentDocument {
  return JSON.parse(new TextDecoder().decode(bytes)) as ContentDocument
}

async function* readAll(content: ContentStore, key: string): ByteStream {
  const stored = await content.get(key)
  if (stored === undefined) throw gone(key)
  yield* stored.body
}

async function* once(bytes: Uint8Array): ByteStream {
  yield bytes
}

async function collect(body: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
  }
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

function gone(key: string): RelayError {
  return new RelayError("erased", "The content of this message is gone.", { internal: `no content under ${key}` })
}
