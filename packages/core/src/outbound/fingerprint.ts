import type { Ids } from "../ports/ids.ts"
import type { SendMessageInput } from "./send-input.ts"

/** Tells whether two requests with one Idempotency-Key are the same: a digest over the parsed input, content by its own digest. */
export function fingerprintOf(ids: Pick<Ids, "digest">, input: SendMessageInput): string {
  return ids.digest(JSON.stringify(input, sortedKeys))
}

/** Objects by sorted keys, so that the order of fields does not count; `body` functions leave no trace in JSON. */
function sortedKeys(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}
