import { RelayError } from "../error/relay-error.ts"
import type { Actor } from "../key/key.ts"
import type { ByteStream, Bytes } from "../ports/content-store.ts"
import type { Ports } from "../ports/ports.ts"
import { attachmentKey, maxCutBytes } from "./content-keys.ts"
import { safeFileName } from "./file-name.ts"
import { contentGone, findInbound } from "./find-inbound.ts"
import { readEvent } from "./get-inbound-message.ts"
import { streamOf } from "./hold-body.ts"
import type { InboundAttachment } from "./message.ts"

export interface ReadAttachment {
  meta: InboundAttachment
  /** Safe to save under (mail-rules O2). */
  fileName: string
  size: number
  body: ByteStream
  /** Where the decoded bytes are kept, for stores that serve clients themselves; null for those cut from the raw mail. */
  key: string | null
}

type ReadPorts = Pick<Ports, "records" | "content" | "parser">

/**
 * One attachment, decoded. Up to 4 MB it is cut out of the raw mail each time; a larger one is stored when first asked for, so that
 * slow readers do not keep a parser busy. @throws RelayError `not_found`, `erased`.
 */
export async function readAttachment(
  ports: ReadPorts,
  actor: Actor,
  { id, index }: { id: string; index: number },
): Promise<ReadAttachment> {
  const record = await findInbound(ports, actor, id)
  const inRecord = record.summary.attachments.find((one) => one.index === index)
  const meta = inRecord ?? (await readEvent(ports, record)).attachments.find((one) => one.index === index)
  if (meta === undefined) throw noAttachment(id, index)
  const fileName = safeFileName(meta.filename)
  if (meta.size <= maxCutBytes) {
    const octets = await collect(await cut(ports, { id, index, rawKey: record.rawKey }))
    return { meta, fileName, size: octets.length, body: streamOf(octets), key: null }
  }
  const key = attachmentKey(record.eventKey, meta)
  let stored = await ports.content.get(key)
  if (stored === undefined) {
    await ports.content.put(key, await cut(ports, { id, index, rawKey: record.rawKey }))
    stored = await ports.content.get(key)
  }
  if (stored === undefined) throw contentGone(id, "attachment")
  return { meta, fileName, size: stored.size, body: stored.body, key }
}

async function cut(
  ports: ReadPorts,
  { id, index, rawKey }: { id: string; index: number; rawKey: string | null },
): Promise<ByteStream> {
  const raw = rawKey === null ? undefined : await ports.content.get(rawKey)
  if (raw === undefined) throw contentGone(id, "raw mail")
  const found = await ports.parser.attachment(raw.body, index)
  if (found === undefined) throw noAttachment(id, index)
  return found.body
}

async function collect(body: ByteStream): Promise<Bytes> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    chunks.push(chunk)
    size += chunk.length
  }
  const octets = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    octets.set(chunk, at)
    at += chunk.length
  }
  return octets
}

function noAttachment(id: string, index: number): RelayError {
  return new RelayError("not_found", `The message ${id} has no attachment ${index}.`)
}
