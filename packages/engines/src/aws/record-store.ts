import type { RecordStore } from "@postrider/core/ports/record-store"
import { checkRecordId, isRecordId } from "../check-record.ts"
import { readItems } from "./read-items.ts"
import { createAdd } from "./record-add.ts"
import { attribute, isLive, number, recordOf } from "./record-item.ts"
import { createPut } from "./record-put.ts"
import { createQuery } from "./record-query.ts"
import { allOf, createTable, liveAt, type TableParts } from "./table.ts"

/**
 * Records in one DynamoDB table: key `id`; keys-only global indexes `owner`, `day`, `tenant`, `thread` and `due`, each over
 * `<index>_part` and `<index>_sort`; TTL on `expires_at`. All are strings. An expired item is missing before DynamoDB removes it.
 */
export function createRecordStore(parts: TableParts): RecordStore {
  const table = createTable(parts)
  const { clock } = parts

  return {
    get: async <B>(id: string) => {
      if (!isRecordId(id)) return undefined
      const item = await table.read(id)
      return item !== undefined && isLive(item, clock.now()) ? recordOf<B>(item) : undefined
    },
    getMany: async <B>(ids: readonly string[]) => {
      const items = await readItems(parts, ids.filter(isRecordId))
      const now = clock.now()
      return items.filter((item) => isLive(item, now)).map((item) => recordOf<B>(item))
    },
    put: createPut(parts),
    add: createAdd(parts),
    delete: async (id, when) => {
      checkRecordId(id)
      if (when === undefined) return table.remove(id)
      if ("version" in when) {
        const names = { "#v": attribute.version }
        const same = { text: "#v = :v", names, values: { ":v": number(when.version) } }
        return table.remove(id, allOf(same, liveAt(clock.now())))
      }
      const item = await table.read(id)
      return { won: item === undefined || !isLive(item, clock.now()) }
    },
    query: createQuery(parts),
  }
}
