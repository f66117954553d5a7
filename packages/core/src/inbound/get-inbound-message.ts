import type { Actor } from "../key/key.ts"
import type { ByteStream } from "../ports/content-store.ts"
import type { Ports } from "../ports/ports.ts"
import { findInbound } from "./find-inbound.ts"
import type { InboundMessage, InboundRecord } from "./message.ts"

/** Texts are bounded by the parser (2 MiB and 4 MiB), headers by 1 MiB; JSON may double them. */
const maxEventBytes = 32 * 1024 * 1024

/**
 * A received message with its texts and headers. Where the content is gone, what the record knows: empty texts and no headers.
 * @throws RelayError `not_found`, `erased`.
 */
export async function getInboundMessage(
  ports: Pick<Ports, "records" | "content">,
  actor: Actor,
  id: string,
): Promise<InboundMessage> {
  const record = await findInbound(ports, actor, id)
  return readEvent(ports, record)
}

/** The message of `event.json`, else of the record. */
export async function readEvent(ports: Pick<Ports, "content">, record: InboundRecord): Promise<InboundMessage> {
  const bare: InboundMessage = { ...record.summary, text: null, text_reply: null, html: null, headers: [] }
  const stored = await ports.content.get(record.eventKey)
  if (stored === undefined || stored.size > maxEventBytes) return bare
  const message: InboundMessage = JSON.parse(await readText(stored.body))
  // A run that was cut off and repeated may have written it a moment apart from the record.
  return { ...message, created_at: record.summary.created_at }
}

async function readText(body: ByteStream): Promise<string> {
  const decoder = new TextDecoder()
  let text = ""
  for await (const chunk of body) text += decoder.decode(chunk, { stream: true })
  return text + decoder.decode()
}
