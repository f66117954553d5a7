/** Buffers kept at most, whatever their size: a server that sends single octets must not fill the memory with them. */
const maxChunks = 1024

export interface ChunkQueue {
  push(chunk: Buffer): void
  /** No more chunks: what is kept can still be read, then the end comes, or the error. The first call counts. */
  close(error?: Error): void
  /** Forgets what is kept. */
  clear(): void
  next(): Promise<IteratorResult<Buffer, undefined>>
}

/** Hands chunks from one writer to one reader; `onFull` and `onEmpty` tell the writer to stop and to go on. */
export function createChunkQueue(options: { highWaterBytes: number; onFull(): void; onEmpty(): void }): ChunkQueue {
  let kept: Buffer[] = []
  let bytes = 0
  let closed: { error: Error | undefined } | undefined
  let waiting: PromiseWithResolvers<IteratorResult<Buffer, undefined>> | undefined

  const end = async (): Promise<IteratorResult<Buffer, undefined>> => {
    if (closed?.error !== undefined) throw closed.error
    return { done: true, value: undefined }
  }
  const clear = () => {
    kept = []
    bytes = 0
  }
  return {
    clear,
    push(chunk) {
      if (closed !== undefined) return
      if (waiting !== undefined) {
        waiting.resolve({ done: false, value: chunk })
        waiting = undefined
        return
      }
      kept.push(chunk)
      bytes += chunk.length
      if (bytes >= options.highWaterBytes || kept.length >= maxChunks) options.onFull()
    },
    close(error) {
      closed ??= { error }
      waiting?.resolve(end())
      waiting = undefined
    },
    next() {
      const chunk = kept.shift()
      if (chunk === undefined && closed !== undefined) return end()
      if (chunk === undefined) {
        waiting ??= Promise.withResolvers()
        return waiting.promise
      }
      bytes -= chunk.length
      if (kept.length === 0) options.onEmpty()
      return Promise.resolve({ done: false, value: chunk })
    },
  }
}
