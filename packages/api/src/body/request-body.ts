import type { ByteStream } from "@postrider/core/ports/content-store"

/** The body of a request, read within its limit; good until the request is answered. */
export interface RequestBody {
  /** Octets. */
  size: number
  /** Octets from `start` up to `end`, any number of times. */
  read(range?: { start: number; end: number }): ByteStream
}

/** Holds octets outside of memory for as long as one request lasts. */
export interface Spool {
  write(chunk: Uint8Array): Promise<void>
  read(range: { start: number; end: number }): ByteStream
  close(): Promise<void>
}

/** Bodies up to this size stay in memory. */
export const maxHeldBytes: number = 1024 * 1024

export interface ReadBodyOptions {
  /** Called with the first chunk that does not fit; throws what the caller is told. */
  tooLarge(): Error
  maxBytes: number
  /** Told, before a chunk is kept, how much is kept with it; throws what the caller is told. */
  keep?(kept: { held: number; spooled: number }): void
  /** Absent: everything stays in memory. */
  openSpool?: (() => Promise<Spool>) | undefined
}

/** Reads a body to its end; beyond `maxHeldBytes` into a spool. `close` lets go of it. */
export async function readBody(
  stream: ReadableStream<Uint8Array> | null,
  { maxBytes, tooLarge, openSpool, keep }: ReadBodyOptions,
): Promise<{ body: RequestBody; close(): Promise<void> }> {
  const held: Uint8Array[] = []
  let spool: Spool | undefined
  let size = 0
  try {
    for await (const chunk of stream ?? []) {
      size += chunk.length
      if (size > maxBytes) throw tooLarge()
      const spools = spool !== undefined || (size > maxHeldBytes && openSpool !== undefined)
      keep?.(spools ? { held: 0, spooled: size } : { held: size, spooled: 0 })
      if (spool === undefined) held.push(chunk)
      else await spool.write(chunk)
      if (spool === undefined && size > maxHeldBytes && openSpool !== undefined) {
        spool = await openSpool()
        for (const one of held.splice(0)) await spool.write(one)
      }
    }
  } catch (error) {
    await spool?.close()
    throw error
  }
  if (spool !== undefined) return { body: spooled(spool, size), close: spool.close }
  return { body: heldBody(held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held)), close: nothing }
}

/** A body that is in memory. */
export function heldBody(octets: Uint8Array): RequestBody {
  return {
    size: octets.length,
    read: async function* ({ start, end } = { start: 0, end: octets.length }) {
      yield octets.subarray(start, end)
    },
  }
}

function spooled(spool: Spool, size: number): RequestBody {
  return { size, read: (range = { start: 0, end: size }) => spool.read(range) }
}

const nothing = async (): Promise<void> => undefined
