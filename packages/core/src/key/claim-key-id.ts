import type { Ports } from "../ports/ports.ts"
import { type KeyRecord, keyRecordId } from "./key.ts"
import { type KeyPointer, keyPointerId } from "./key-pointer.ts"

/**
 * Points a free id to a key whose record stands, also one whose key was deleted by a run that was cut off before it freed the id.
 * @returns the hash that the id stands for now: another one where the id is taken.
 */
export async function claimKeyId(
  ports: Pick<Ports, "records">,
  id: string,
  sha256: string,
): Promise<string | undefined> {
  const pointer = { id: keyPointerId(id), body: { sha256 } }
  const put = await ports.records.put<KeyPointer>(pointer, { absent: true })
  if (put.won) return sha256
  const { current } = put
  if (current === undefined || current.body.sha256 === sha256) return current?.body.sha256
  const holder = await ports.records.get<KeyRecord>(keyRecordId(current.body.sha256))
  if (holder?.body.id === id) return current.body.sha256
  const taken = await ports.records.put<KeyPointer>(pointer, { version: current.v })
  return taken.won ? sha256 : taken.current?.body.sha256
}
