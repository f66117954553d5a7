import { indexNames } from "@postrider/core/ports/record-store"

/** An item as it travels: `{ id: { S: "…" }, v: { N: "1" } }`. */
export type WireItem = Record<string, { S?: string; N?: string }>

/** docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html */
export function itemBytes(item: WireItem): number {
  return Object.entries(item).reduce((sum, [name, { S, N }]) => {
    const value = S === undefined ? Math.ceil((N?.replace(/[-.]/g, "").length ?? 0) / 2) + 1 : Buffer.byteLength(S)
    return sum + Buffer.byteLength(name) + value
  }, 0)
}

/** Write units of one write: the larger of before and after, and each index whose entry came, went or moved. */
export function writeUnitsOf(before: WireItem | undefined, after: WireItem | undefined): number {
  const bytes = Math.max(before ? itemBytes(before) : 0, after ? itemBytes(after) : 0)
  const indexes = indexNames.reduce((sum, name) => {
    const [was, is] = [entryOf(before, name), entryOf(after, name)]
    return was === is ? sum : sum + (was === undefined ? 0 : 1) + (is === undefined ? 0 : 1)
  }, 0)
  return Math.max(1, Math.ceil(bytes / 1024)) + indexes
}

/** Read units: 4 KB each when consistent. BatchGetItem rounds item by item, a query its whole answer. */
export function readUnitsOf(bytes: number, consistent: boolean): number {
  return Math.max(1, Math.ceil(bytes / 4096)) * (consistent ? 1 : 0.5)
}

function entryOf(item: WireItem | undefined, index: string): string | undefined {
  const [part, sort] = [item?.[`${index}_part`]?.S, item?.[`${index}_sort`]?.S]
  return part === undefined || sort === undefined ? undefined : JSON.stringify([part, sort])
}
