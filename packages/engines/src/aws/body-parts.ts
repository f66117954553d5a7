import type { ByteStream, Bytes } from "@postrider/core/ports/content-store"

export interface BodyPart {
  /** Valid until the next part is asked for: the buffer is used again. */
  bytes: Bytes
  last: boolean
}

const firstBytes = 64 * 1024

/** Cuts a body into parts of exactly `partBytes`, the last one up to that, holding no more than one of them. */
export async function* inBodyParts(body: Bytes | ByteStream, partBytes: number): AsyncGenerator<BodyPart, void> {
  let buffer = Buffer.alloc(0)
  let filled = 0
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    for (let at = 0; at < chunk.length; ) {
      if (filled === partBytes) {
        yield { bytes: buffer, last: false }
        filled = 0
      }
      const room = Math.min(partBytes - filled, chunk.length - at)
      buffer = grownTo(buffer, { bytes: filled + room, most: partBytes })
      buffer.set(chunk.subarray(at, at + room), filled)
      filled += room
      at += room
    }
  }
  yield { bytes: buffer.subarray(0, filled), last: true }
}

function grownTo(buffer: Buffer<ArrayBuffer>, { bytes, most }: { bytes: number; most: number }): Buffer<ArrayBuffer> {
  if (bytes <= buffer.length) return buffer
  const larger = Buffer.allocUnsafeSlow(Math.min(most, Math.max(bytes, buffer.length * 2, firstBytes)))
  larger.set(buffer)
  return larger
}
