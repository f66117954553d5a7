import type { Socket } from "node:net"

/** What a server may send in answer to one call of ours, over all its commands. Counted down as it arrives. */
export interface Allowance {
  octets: number
  /** Lines, where many short ones cost more memory than their octets. */
  lines?: number
  /** Tells which limit it was, in the fault. */
  code: string
}

export interface ReadingMeter {
  /** Counts what `socket` delivers from now on; call it where the socket is already read from. */
  watch(socket: Socket): void
  /** Holds what arrives until `work` settles to `allowance`. Commands run one at a time, so no two overlap. */
  hold<T>(allowance: Allowance, work: () => Promise<T>): Promise<T>
}

/**
 * Counts a server's octets before imapflow gathers them: its limits are per response and there is none over a command, so a server that
 * does not stop, or ignores the size that was asked for, would fill the memory of the process.
 */
export function createReadingMeter(onExceeded: (code: string) => void): ReadingMeter {
  let held: Allowance | null = null
  const count = (chunk: Buffer) => {
    if (held === null) return
    held.octets -= chunk.length
    if (held.lines !== undefined) held.lines -= lineEnds(chunk)
    if (held.octets < 0 || (held.lines ?? 0) < 0) onExceeded(held.code)
  }
  return {
    watch: (socket) => void socket.on("data", count),
    async hold(allowance, work) {
      held = allowance
      try {
        return await work()
      } finally {
        held = null
      }
    },
  }
}

function lineEnds(chunk: Buffer): number {
  let found = 0
  for (let at = chunk.indexOf(0x0a); at >= 0; at = chunk.indexOf(0x0a, at + 1)) found++
  return found
}
