import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"

export interface PrintingProcess {
  readonly child: ChildProcess
  /** Standard output and standard error so far, in order. */
  output(): string
  /** What a pattern found, as soon as it is printed. */
  printed(pattern: RegExp): Promise<RegExpExecArray>
  /** Sends the signal, if any, and waits for the end. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

const patienceMs = 10_000

/** A Node script as a process of its own; nothing of the tests' environment reaches it but PATH, TMPDIR and `env`. */
export function startPrinting(script: string, args: string[] = [], env: Record<string, string> = {}): PrintingProcess {
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  })
  let text = ""
  const exited = once(child, "close")
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk
      child.emit("printed")
    })
  }
  return {
    child,
    output: () => text,
    printed(pattern) {
      return new Promise((resolve, reject) => {
        const fail = (why: string): void =>
          settle(() => reject(new Error(`${why} while ${pattern} was awaited:\n${text}`)))
        const timer = setTimeout(() => fail("the time was up"), patienceMs)
        const settle = (how: () => void): void => {
          clearTimeout(timer)
          child.off("printed", look).off("close", onClose)
          how()
        }
        const onClose = (): void => fail("the process ended")
        const look = (): void => {
          const found = pattern.exec(text)
          if (found !== null) settle(() => resolve(found))
        }
        child.on("printed", look).on("close", onClose)
        look()
      })
    },
    async end(signal) {
      if (signal !== undefined && child.exitCode === null && child.signalCode === null) child.kill(signal)
      await exited
      return child.exitCode
    },
  }
}
