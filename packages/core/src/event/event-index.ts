import type { Ids } from "../ports/ids.ts"
import type { IndexEntry } from "../ports/record-store.ts"

/** Parts of an hour in the `day` index, so that writers of a busy hour do not all meet in one. */
export const logShards = 4

const hourMs = 3_600_000

/** Part of the `day` index that holds the events of an hour and shard. */
export function logPart(at: number, shard: number): string {
  return `evt#${new Date(at).toISOString().slice(0, 13)}#${shard}`
}

/** First millisecond of the hour. */
export function hourOf(at: number): number {
  return at - (at % hourMs)
}

/** Position of an event in the log: sorts by time, then id. */
export function logPosition(at: number, id: string): string {
  return `${new Date(at).toISOString()}#${id}`
}

/** Where an event stands in the `day` index. */
export function logEntry(ids: Pick<Ids, "digest">, at: number, id: string): IndexEntry {
  const shard = Number.parseInt(ids.digest(id).slice(0, 2), 16) % logShards
  return { part: logPart(at, shard), sort: logPosition(at, id) }
}
