import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"

const root = join(import.meta.dirname, "../..")
const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: { start: string } }
/** What `npm start` gives to node: the file, and a small nursery, so that the octets of passing mails are let go of soon. */
const startArguments = scripts.start.split(" ").slice(1)
const startMs = 30_000

export interface RelayProcess {
  readonly url: string
  readonly pid: number
  /** Starts again over the same store after a kill. */
  start(): Promise<void>
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>
  /** SIGTERM; answers the exit code. */
  stop(): Promise<number | null>
  /** Kills what still runs and removes the store. */
  dispose(): Promise<void>
  /** What it printed so far, log lines included. */
  output(): string
  call(
    path: string,
    init?: RequestInit & { json?: unknown },
  ): Promise<{ status: number; headers: Headers; body: never }>
}

export const adminKey = "test-key-with-more-than-32-characters"

/** `npm start` as a process of its own over a fresh store, so that it can be killed. */
export async function startRelayProcess(env: Record<string, string> = {}): Promise<RelayProcess> {
  const dir = await mkdtemp(join(tmpdir(), "postrider-test-"))
  const printed: string[] = []
  let child: ChildProcess | undefined
  let port = "0"
  let url = ""

  async function start(): Promise<void> {
    const started = spawn(process.execPath, startArguments, {
      cwd: root,
      env: {
        PATH: process.env.PATH,
        POSTRIDER_PORT: port,
        POSTRIDER_DATA_DIR: join(dir, "data"),
        POSTRIDER_ADMIN_KEY: adminKey,
        POSTRIDER_ALLOW_NETWORKS: "127.0.0.0/8",
        POSTRIDER_LOG_LEVEL: "warn",
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    })
    child = started
    url = await greeting(started, printed)
    // The same port after a kill, so that links and clients stay good.
    port = new URL(url).port
  }

  async function end(signal: NodeJS.Signals): Promise<number | null> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null
    const exited = once(child, "exit")
    child.kill(signal)
    const [code] = (await exited) as [number | null]
    return code
  }

  await start()
  return {
    get url() {
      return url
    },
    get pid() {
      return child?.pid ?? 0
    },
    start,
    kill: async () => void (await end("SIGKILL")),
    stop: () => end("SIGTERM"),
    async dispose() {
      await end("SIGKILL")
      await rm(dir, { recursive: true, force: true })
    },
    output: () => printed.join(""),
    async call(path, { json, ...init } = {}) {
      const response = await fetch(`${url}${path}`, {
        ...(json === undefined ? {} : { method: "POST", body: JSON.stringify(json) }),
        ...init,
        headers: { authorization: `Bearer ${adminKey}`, "content-type": "application/json", ...init.headers },
        signal: AbortSignal.timeout(60_000),
      })
      const text = await response.text()
      return {
        status: response.status,
        headers: response.headers,
        body: (text === "" ? null : JSON.parse(text)) as never,
      }
    },
  }
}

function greeting(child: ChildProcess, printed: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail("it did not say that it listens"), startMs)
    const fail = (why: string): void => {
      clearTimeout(timer)
      child.kill("SIGKILL")
      reject(new Error(`The relay did not start: ${why}\n${printed.join("")}`))
    }
    const read = (chunk: Buffer): void => {
      printed.push(chunk.toString())
      const said = /listens on (http:\S+)/.exec(printed.join("").slice(-4000))
      if (said?.[1] === undefined) return
      clearTimeout(timer)
      resolve(said[1])
    }
    child.stdout?.on("data", read)
    child.stderr?.on("data", read)
    child.once("exit", (code) => fail(`it ended with ${code}`))
  })
}
