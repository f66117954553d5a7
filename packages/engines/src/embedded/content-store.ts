import type { DatabaseSync } from "node:sqlite"
import { RelayError } from "@postrider/core/error/relay-error"
import type { Clock } from "@postrider/core/ports/clock"
import type { Bytes, ContentStore } from "@postrider/core/ports/content-store"
import { checkContentKey } from "../check-content-key.ts"
import { checkContentRange } from "../check-content-range.ts"
import type { Upkeep } from "../engine.ts"
import { inBlocks } from "./byte-blocks.ts"
import type { Committer } from "./committer.ts"
import { type ContentFiles, createContentFiles } from "./content-files.ts"
import { type ContentRow, type ContentTable, createContentTable } from "./content-table.ts"
import { createFileSerials, type FileSerials } from "./file-serials.ts"
import { guardStorage, isMissingFile, storageFault } from "./storage-fault.ts"

/** Up to this, content lies in the database and shares the fsync of other writes. */
const maxInlineBytes = 64 * 1024
const deletesPerTransaction = 500

interface Parts {
  table: ContentTable
  files: ContentFiles
  serials: FileSerials
  committer: Committer
  clock: Pick<Clock, "now">
  /** Removes files that no row names any more; one that cannot be removed now goes when the store is opened again. */
  collect(garbage: readonly number[]): Promise<void>
}

/**
 * Content in SQLite up to 64 KB, above that as files. The row is the commit point of both, so a reader sees a whole put or none.
 * Files that a crash left without a row are removed before the store is handed out.
 */
export async function openContentStore(options: {
  db: DatabaseSync
  committer: Committer
  dir: string
  clock: Pick<Clock, "now">
}): Promise<{ content: ContentStore; upkeep: Pick<Upkeep, "oldContent" | "dropContent"> }> {
  const { db, committer, dir, clock } = options
  const table = createContentTable(db)
  const files = createContentFiles(dir)
  const serials = createFileSerials(db, committer)
  const parts: Parts = { table, files, serials, committer, clock, collect: createCollector(table, files, committer) }
  await clearLeftovers(parts)

  const content: ContentStore = {
    put: async (key, body) => {
      checkContentKey(key)
      const blocks = inBlocks(body, maxInlineBytes + 1)
      try {
        const first = await blocks.next()
        const head = first.value ?? Buffer.alloc(0)
        if (head.length > maxInlineBytes) return await putFile(parts, key, withHead(head, blocks))
        await commitRow(parts, key, { size: head.length, data: head })
        return { size: head.length }
      } finally {
        await blocks.return()
      }
    },
    get: async (key, range) => {
      checkContentKey(key)
      const row = guardStorage(() => table.find(key))
      if (row === undefined) return undefined
      const cut = checkContentRange(range, row.size)
      return { size: row.size, body: readBody(parts, { key, row }, cut) }
    },
    delete: async (keys) => {
      for (const key of keys) checkContentKey(key)
      await removeEach(parts, keys, table.remove)
    },
  }
  return { content, upkeep: createContentUpkeep(parts) }
}

function createContentUpkeep(parts: Parts): Pick<Upkeep, "oldContent" | "dropContent"> {
  const { table } = parts
  return {
    oldContent: async (before, { after, limit }) => {
      const rows = guardStorage(() => table.old(before, positionOf(after), limit))
      const last = rows.at(-1)
      const keys = rows.map(({ key }) => key)
      return last === undefined || rows.length < limit ? { keys } : { keys, next: `${last.at} ${last.key}` }
    },
    dropContent: (keys, before) => removeEach(parts, keys, (key) => table.removeOld(key, before)),
  }
}

function positionOf(after: string | undefined): { at: number; key: string } {
  const cut = after?.indexOf(" ") ?? -1
  return after === undefined ? { at: -1, key: "" } : { at: Number(after.slice(0, cut)), key: after.slice(cut + 1) }
}

async function removeEach(
  { committer, collect }: Parts,
  keys: readonly string[],
  remove: (key: string) => number | undefined,
): Promise<void> {
  for (let at = 0; at < keys.length; at += deletesPerTransaction) {
    const some = keys.slice(at, at + deletesPerTransaction)
    const garbage = await committer.run(() => some.map((key) => remove(key)))
    await collect(garbage.filter((file) => file !== undefined))
  }
}

async function* withHead(head: Bytes, rest: AsyncIterable<Bytes>): AsyncGenerator<Bytes, void> {
  yield head
  yield* rest
}

async function putFile(parts: Parts, key: string, blocks: AsyncIterable<Bytes>): Promise<{ size: number }> {
  const { files, serials } = parts
  const file = await serials.take()
  let written = false
  try {
    const size = await files.write(file, blocks)
    written = true
    await commitRow(parts, key, { size, file })
    serials.settle(file)
    return { size }
  } catch (error) {
    await discard(parts, file, written).then(() => serials.settle(file), leaveToNextOpening)
    throw error
  }
}

async function discard({ files, committer, table, collect }: Parts, file: number, written: boolean): Promise<void> {
  if (!written) return files.remove(file)
  // A failed commit may still come to life after a crash, but not once a later one is on the disk: only then the file may go.
  await committer.run(() => table.addGarbage(file))
  await collect([file])
}

/** Garbage, and unsettled files without a row, are removed when the store is opened again. The call itself is decided by then. */
function leaveToNextOpening(): void {}

async function commitRow(parts: Parts, key: string, row: ContentRow): Promise<void> {
  const { table, committer, collect, clock } = parts
  const replaced = await committer.run(() => table.put(key, row, clock.now()))
  if (replaced !== undefined) await collect([replaced])
}

async function* readBody(
  { table, files }: Parts,
  { key, row }: { key: string; row: ContentRow },
  cut: { start: number; end: number },
): AsyncGenerator<Bytes, void> {
  if (cut.start >= cut.end) return
  if ("data" in row) return yield row.data.subarray(cut.start, cut.end)
  let begun = false
  try {
    for await (const block of files.read(row.file, cut)) {
      begun = true
      yield block
    }
  } catch (error) {
    if (begun || !isMissingFile(error)) throw storageFault(error)
    // Put again meanwhile: the same bytes lie under another number now.
    const again = guardStorage(() => table.find(key))
    if (again === undefined || again.size !== row.size || !("file" in again)) throw gone(error)
    yield* files.read(again.file, cut)
  }
}

function gone(cause: unknown): RelayError {
  return new RelayError("not_found", "The content was deleted meanwhile.", { cause })
}

function createCollector(table: ContentTable, files: ContentFiles, committer: Committer): Parts["collect"] {
  let removed: number[] = []
  committer.addChore(() => {
    for (const file of removed) table.forgetGarbage(file)
    removed = []
  })
  return async (garbage) => {
    for (const file of garbage) await files.remove(file).then(() => removed.push(file), leaveToNextOpening)
  }
}

async function clearLeftovers({ table, files, serials, committer }: Parts): Promise<void> {
  const garbage = guardStorage(() => table.garbage())
  for (const file of garbage) await files.remove(file)
  if (garbage.length > 0) await committer.run(() => garbage.forEach(table.forgetGarbage))
  const { settled, reserved } = serials.unsettled
  for (const file of await files.list(settled, reserved)) if (!table.names(file)) await files.remove(file)
}
