import type { Socket } from "node:net"
import { ConnectionClosed, LineTooLong } from "./connection-error.ts"

/** Octets received and not read yet. The socket is paused while more than this waits. */
const highWaterBytes = 256 * 1024

export type ReceiveBuffer = {
  readLine(maxBytes: number): Promise<Buffer>
  readBytes(count: number): Promise<Buffer>
  readChunk(): Promise<Buffer>
  unread(rest: Buffer): void
  /** Stops reading and forgets what is buffered, for the change to TLS. */
  detach(): void
}

/** Turns the events of a socket into reads that are awaited one after another by a single reader. */
export function createReceiveBuffer(socket: Socket): ReceiveBuffer {
  let pieces: Buffer[] = []
  let buffered = 0
  let ended = false
  let wake = () => {}

  const onData = (chunk: Buffer) => {
    pieces.push(chunk)
    buffered += chunk.length
    if (buffered > highWaterBytes) socket.pause()
    wake()
  }
  const onEnd = () => {
    ended = true
    wake()
  }
  socket.on("data", onData).on("end", onEnd).on("close", onEnd)

  const more = async () => {
    if (ended) throw new ConnectionClosed("connection closed by the client")
    const before = buffered
    socket.resume()
    while (buffered === before && !ended) await new Promise<void>((resolve) => (wake = resolve))
    if (buffered === before) throw new ConnectionClosed("connection closed by the client")
  }
  const takeAll = () => {
    const all = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)
    pieces = []
    buffered = 0
    return all
  }
  const unread = (rest: Buffer) => {
    if (rest.length === 0) return
    pieces.unshift(rest)
    buffered += rest.length
  }
  const readChunk = async () => {
    if (buffered === 0) await more()
    return takeAll()
  }

  return {
    unread,
    readChunk,
    async readLine(maxBytes) {
      const parts: Buffer[] = []
      for (let length = 0; ; ) {
        const chunk = await readChunk()
        const end = chunk.indexOf(10)
        const part = end < 0 ? chunk : chunk.subarray(0, end)
        length += part.length
        parts.push(part)
        if (length > maxBytes) throw new LineTooLong(`line longer than ${maxBytes} octets`)
        if (end < 0) continue
        unread(chunk.subarray(end + 1))
        const line = parts.length === 1 ? part : Buffer.concat(parts)
        return line.at(-1) === 13 ? line.subarray(0, -1) : line
      }
    },
    async readBytes(count) {
      const parts: Buffer[] = []
      for (let missing = count; missing > 0; ) {
        const chunk = await readChunk()
        unread(chunk.subarray(missing))
        parts.push(chunk.subarray(0, missing))
        missing -= Math.min(missing, chunk.length)
      }
      return parts.length === 1 && parts[0] ? parts[0] : Buffer.concat(parts)
    },
    detach() {
      socket.off("data", onData).off("end", onEnd).off("close", onEnd)
      pieces = []
      buffered = 0
    },
  }
}
