import type { Ports } from "../ports/ports.ts"
import { bindingsWithin } from "./check-grant.ts"
import type { Actor, KeyRecord } from "./key.ts"
import { keyListPart } from "./key-index.ts"
import { type KeyPointer, keyPointerId } from "./key-pointer.ts"

/** A page of the keys the actor may see, newest first; it may be short. */
export async function listKeys(
  ports: Pick<Ports, "records">,
  actor: Actor,
  page: { limit: number; after?: string },
): Promise<{ data: KeyRecord[]; next?: string }> {
  const { records, next } = await ports.records.query<KeyRecord>("day", keyListPart, { ...page, order: "desc" })
  const pointers = await ports.records.getMany<KeyPointer>(records.map(({ body }) => keyPointerId(body.id)))
  const current = new Set(pointers.map(({ body }) => body.sha256))
  const data: KeyRecord[] = []
  for (const { body } of records) {
    if (current.has(body.sha256) && (await bindingsWithin(ports, actor, body.settings))) data.push(body)
  }
  return next === undefined ? { data } : { data, next }
}
