import type { ByteStream } from "@postrider/core/ports/content-store"
import type { ParseThread } from "./parse-thread.ts"

const chunkBytes = 256 * 1024
/** Chunks on their way to the worker at a time. */
const window = 4

export interface SendChunksJob {
  raw: ByteStream
  mail: number
  maxBytes: number
  onChunk?(chunk: Uint8Array): void
}

/**
 * Hands a mail to the worker in copies that are transferred, at most 1 MiB ahead of it.
 * @throws ThreadError when the worker died; whatever `raw` throws.
 */
export async function sendChunks(thread: ParseThread, job: SendChunksJob): Promise<{ truncated: boolean }> {
  let sent = 0
  let open = 0
  const awaitTaken = async (most: number) => {
    while (open > most) if ((await thread.next(job.mail)).kind === "taken") open--
  }
  for await (const chunk of job.raw) {
    for (let at = 0; at < chunk.length; at += chunkBytes) {
      const octets = Uint8Array.from(chunk.subarray(at, Math.min(at + chunkBytes, at + job.maxBytes - sent)))
      if (octets.length === 0) return { truncated: true }
      sent += octets.length
      job.onChunk?.(octets)
      await awaitTaken(window - 1)
      thread.post({ kind: "chunk", mail: job.mail, octets })
      open++
    }
  }
  await awaitTaken(0)
  return { truncated: false }
}
