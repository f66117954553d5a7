import type { Ports } from "../ports/ports.ts"
import type { EventRecord } from "./event.ts"

/** Largest content read for an event, octets. */
const maxDataBytes = 32 * 1024 * 1024

/**
 * The `data` of an event: what its record holds, else its content. Null when the content is gone (erased or past retention) or
 * larger than 32 MiB; the event then tells by its ids what to fetch. So it is, and logged, where the content is no JSON: one
 * event must not hold up those beside it.
 */
export async function loadEventData(
  ports: Pick<Ports, "content" | "log">,
  event: Pick<EventRecord, "id" | "data" | "dataKey">,
): Promise<unknown> {
  if (event.dataKey === undefined) return event.data ?? null
  const stored = await ports.content.get(event.dataKey)
  if (stored === undefined || stored.size > maxDataBytes) return null
  const decoder = new TextDecoder()
  let text = ""
  for await (const chunk of stored.body) text += decoder.decode(chunk, { stream: true })
  text += decoder.decode()
  try {
    return JSON.parse(text)
  } catch {
    // The parser's words would quote the content.
    ports.log.error("event.content_unreadable", { event: event.id, key: event.dataKey })
    return null
  }
}
