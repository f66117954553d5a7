import type { NewEvent } from "../event/event.ts"
import type { Ports } from "../ports/ports.ts"
import type { Note, OutboundState } from "./state.ts"

/** Event data up to this size travel in records and jobs; larger ones are content. */
const maxInlineBytes = 32 * 1024

/**
 * The event a note speaks of. Its id hangs on the message, the type and the cause alone, so that announcing it twice is one event.
 * Large data (hundreds of recipients) are stored beside the message first.
 */
export async function toEvent(
  ports: Pick<Ports, "ids" | "content">,
  state: OutboundState,
  note: Note,
): Promise<NewEvent> {
  const { message } = state
  const id = ports.ids.derive("evt", message.id, note.type, note.cause)
  const attempt = state.attempts.find((a) => String(a.number) === note.cause)
  const affected = note.affected.flatMap((place) => message.recipients[place]?.address ?? [])
  const data = { ...message, affected, ...(attempt === undefined ? {} : { attempt }) }
  const bytes = new TextEncoder().encode(JSON.stringify(data))
  const event: NewEvent = {
    id,
    type: note.type,
    account: message.account,
    tenant: message.tenant,
    test: message.test,
    sequence: `${message.id}#${new Date(note.at).toISOString()}`,
    message: message.id,
    tags: message.tags,
  }
  if (bytes.length <= maxInlineBytes) return { ...event, data }
  const dataKey = `${state.contentKey.replace(/\.json$/, "")}.${id}.json`
  await ports.content.put(dataKey, bytes)
  return { ...event, dataKey }
}
