import { type FileHandle, mkdir, open, readdir, unlink } from "node:fs/promises"
import { dirname, join } from "node:path"
import { RelayError } from "@postrider/core/error/relay-error"
import type { Bytes } from "@postrider/core/ports/content-store"
import { blockSize } from "./file-serials.ts"
import { isMissingFile, storageFault } from "./storage-fault.ts"

const readBytes = 64 * 1024

export interface ContentFiles {
  /**
   * Writes a new file; resolves with its size once bytes and name are on the disk. What `blocks` throws is passed on, and a
   * file cut short stays for the caller to remove.
   */
  write(serial: number, blocks: AsyncIterable<Bytes>): Promise<number>
  /** Reads octets `start` up to `end`, a block at a time. @throws an error that `isMissingFile` knows. */
  read(serial: number, range: { start: number; end: number }): AsyncGenerator<Bytes, void>
  /** A file that is not there is no error. */
  remove(serial: number): Promise<void>
  /** Serials of the files that are there among `from` up to, not including, `to`. */
  list(from: number, to: number): Promise<number[]>
}

/**
 * Files named by serial number, a thousand to a folder. A number is used once and means nothing until a committed row names it,
 * so a file is written in place: no reader looks at it before, and no rename is needed after.
 */
export function createContentFiles(dir: string): ContentFiles {
  const ready = new Map<string, Promise<void>>()

  function pathOf(serial: number): string {
    const block = Math.floor(serial / blockSize)
    const folder = String(Math.floor(block / blockSize)).padStart(4, "0")
    return join(dir, folder, String(block % blockSize).padStart(3, "0"), `${serial}.bin`)
  }

  async function makeFolder(folder: string): Promise<void> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (const changed of [dirname(folder), dir, dirname(dir)]) await syncFolder(changed)
  }

  async function folderOf(serial: number): Promise<string> {
    const folder = dirname(pathOf(serial))
    const made = ready.get(folder) ?? makeFolder(folder)
    if (!ready.has(folder)) {
      ready.clear()
      ready.set(folder, made)
    }
    try {
      await made
    } catch (error) {
      ready.delete(folder)
      throw storageFault(error)
    }
    return folder
  }

  async function remove(serial: number): Promise<void> {
    await unlink(pathOf(serial)).catch((error: unknown) => {
      if (!isMissingFile(error)) throw storageFault(error)
    })
  }

  return {
    async write(serial, blocks) {
      const folder = await folderOf(serial)
      const file = await open(pathOf(serial), "wx", 0o600).catch(rethrow)
      try {
        const size = await fill(file, blocks)
        await file.datasync().catch(rethrow)
        await syncFolder(folder).catch(rethrow)
        return size
      } finally {
        await file.close()
      }
    },
    async *read(serial, { start, end }) {
      const file = await open(pathOf(serial), "r")
      try {
        for (let at = start; at < end; ) {
          const buffer = Buffer.allocUnsafeSlow(Math.min(readBytes, end - at))
          const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
          if (bytesRead === 0)
            throw new RelayError("internal", "The content is damaged.", { internal: `file ${serial} ends at ${at}` })
          at += bytesRead
          yield buffer.subarray(0, bytesRead)
        }
      } finally {
        await file.close()
      }
    },
    remove,
    async list(from, to) {
      const found: number[] = []
      for (let block = Math.floor(from / blockSize) * blockSize; block < to; block += blockSize) {
        for (const name of await namesIn(dirname(pathOf(block)))) {
          const serial = Number(name.replace(/\.bin$/, ""))
          if (serial >= from && serial < to) found.push(serial)
        }
      }
      return found
    },
  }
}

async function fill(file: FileHandle, blocks: AsyncIterable<Bytes>): Promise<number> {
  let size = 0
  for await (const block of blocks) {
    await file.writeFile(block).catch(rethrow)
    size += block.length
  }
  return size
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r")
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissingFile(error)) return []
    throw storageFault(error)
  }
}

function rethrow(error: unknown): never {
  throw storageFault(error)
}
