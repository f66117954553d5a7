import type { IndexEntry } from "../ports/record-store.ts"

/** Place of a waiting record in the `due` index: a part for each minute, sorted by time and id. */
export function dueEntry(at: number, id: string): IndexEntry {
  return { part: dueMinute(at), sort: dueSort(at, id) }
}

/** `yyyy-mm-ddThh:mm`, UTC. */
export function dueMinute(at: number): string {
  return new Date(at).toISOString().slice(0, 16)
}

/** Upper bound (exclusive) of what is due at `at`, or the key of one record. */
export function dueSort(at: number, id = ""): string {
  return `${new Date(at).toISOString()}#${id}`
}
