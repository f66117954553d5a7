/** Lets a number of holders of one key in at a time; the others wait in line. */
export interface Gate {
  /** Answers a release function, or undefined when no place came free within `waitMs`. */
  enter(key: string, options: { size: number; waitMs: number }): Promise<(() => void) | undefined>
}

interface Line {
  inside: number
  waiting: (() => void)[]
}

export function createGate(): Gate {
  const lines = new Map<string, Line>()
  const leave = (key: string): void => {
    const line = lines.get(key)
    if (line === undefined) return
    const next = line.waiting.shift()
    // The place passes on: the count of those inside stays.
    if (next !== undefined) {
      next()
      return
    }
    line.inside--
    if (line.inside === 0) lines.delete(key)
  }
  const releaseOnce = (key: string): (() => void) => {
    let left = false
    return () => {
      if (!left) leave(key)
      left = true
    }
  }
  return {
    async enter(key, { size, waitMs }) {
      const line = lines.get(key) ?? { inside: 0, waiting: [] }
      lines.set(key, line)
      if (line.inside < size) {
        line.inside++
        return releaseOnce(key)
      }
      const admitted = await waitFor(line, waitMs)
      return admitted ? releaseOnce(key) : undefined
    },
  }
}

function waitFor(line: Line, waitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const enter = (): void => {
      clearTimeout(timer)
      resolve(true)
    }
    const timer = setTimeout(() => {
      const place = line.waiting.indexOf(enter)
      if (place >= 0) line.waiting.splice(place, 1)
      resolve(false)
    }, waitMs)
    line.waiting.push(enter)
  })
}
