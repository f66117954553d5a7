import type { Clock } from "@postrider/core/ports/clock"
import type { IndexName, NewRecord } from "@postrider/core/ports/record-store"
import { compareUtf8 } from "../utf8-order.ts"

export interface Position {
  sort: string
  id: string
}

export interface IndexView {
  /** Replaces the entries of a record; undefined when it is gone. */
  write(id: string, index: NewRecord["index"]): void
  /** Entries of one part in order, as far as they show. */
  read(name: IndexName, part: string): readonly Position[]
}

interface Change {
  at: number
  id: string
  index: NewRecord["index"]
}

/** Index entries apart from their records, showing each change `lagMs` after it was made. */
export function createIndexView(clock: Clock, lagMs: number): IndexView {
  const shown = new Map<string, NewRecord["index"]>()
  const parts = new Map<string, Map<string, string>>()
  const sorted = new Map<string, readonly Position[]>()
  let pending: Change[] = []

  function apply({ id, index }: Change): void {
    for (const [name, entry] of Object.entries(shown.get(id) ?? {})) {
      const key = keyOf(name, entry.part)
      parts.get(key)?.delete(id)
      sorted.delete(key)
    }
    shown.set(id, index)
    for (const [name, entry] of Object.entries(index ?? {})) {
      const key = keyOf(name, entry.part)
      parts.set(key, (parts.get(key) ?? new Map()).set(id, entry.sort))
      sorted.delete(key)
    }
  }

  return {
    write(id, index) {
      pending.push({ at: clock.now() + lagMs, id, index })
    },
    read(name, part) {
      const now = clock.now()
      for (const change of pending) if (change.at <= now) apply(change)
      pending = pending.filter((change) => change.at > now)
      const key = keyOf(name, part)
      const positions =
        sorted.get(key) ?? Array.from(parts.get(key) ?? [], ([id, sort]) => ({ id, sort })).sort(byPlace)
      sorted.set(key, positions)
      return positions
    },
  }
}

export function byPlace(a: Position, b: Position): number {
  return compareUtf8(a.sort, b.sort) || compareUtf8(a.id, b.id)
}

function keyOf(name: string, part: string): string {
  return `${name} ${part}`
}
