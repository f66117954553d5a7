import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { join } from "node:path"
import { ricMain, ricMissing } from "./lambda-ric.ts"

/** A function's container as Lambda runs it: a runtime client (AWS's own where it is installed), our bundle, and this Runtime API. */
export interface LambdaContainer {
  /** Milliseconds from the start of the process to its first question for work. */
  initMs: number
  /**
   * @param leftMs Time that the function has for it; its timeout unless given.
   * @throws Error with what the function threw, or why its process ended.
   */
  invoke<T>(event: unknown, leftMs?: number): Promise<T>
  /** Path of the runtime client. */
  client: string
  /** What it wrote. */
  log(): string
  stop(): Promise<void>
}

export interface ContainerOptions {
  /** Folder with the code. */
  dir: string
  environment: Record<string, string>
  timeoutSeconds: number
  memoryMb: number
}

interface Invocation {
  id: string
  event: unknown
  leftMs: number
  done(body: string): void
  failed(error: Error): void
}

const startMs = 20_000
const client = ricMissing() === null ? ricMain : join(import.meta.dirname, "lambda-client-process.ts")

export async function startContainer(options: ContainerOptions): Promise<LambdaContainer> {
  const waiting: Invocation[] = []
  const running = new Map<string, Invocation>()
  const first = Promise.withResolvers<void>()
  let asking: ServerResponse | undefined
  let log = ""

  function handOut(): void {
    const invocation = asking === undefined ? undefined : waiting.shift()
    if (asking === undefined || invocation === undefined) return
    running.set(invocation.id, invocation)
    asking.writeHead(200, {
      "content-type": "application/json",
      "Lambda-Runtime-Aws-Request-Id": invocation.id,
      "Lambda-Runtime-Deadline-Ms": String(Date.now() + invocation.leftMs),
      "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:000000000000:function:test",
    })
    asking.end(JSON.stringify(invocation.event))
    asking = undefined
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request)
    const [, , , kind, id, what] = (request.url ?? "").split("/")
    if (kind === "invocation" && id === "next") {
      asking = response
      first.resolve()
      return handOut()
    }
    response.writeHead(202, { "content-type": "application/json" }).end("{}")
    if (kind === "init") return first.reject(new Error(body))
    const invocation = running.get(id ?? "")
    running.delete(id ?? "")
    if (what === "response") invocation?.done(body)
    else invocation?.failed(new Error(body))
  }

  const api = createServer((request, response) => void answer(request, response))
  await new Promise<void>((done) => api.listen(0, "127.0.0.1", done))
  const startedAt = performance.now()
  const child = launch(options, (api.address() as AddressInfo).port)
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (data) => (log += data))
  child.on("exit", (code, signal) => {
    const error = new Error(`the container ended (${code ?? signal})\n${log.slice(-4000)}`)
    first.reject(error)
    for (const invocation of [...waiting, ...running.values()]) invocation.failed(error)
  })
  const timer = setTimeout(() => first.reject(new Error(`no container in ${startMs} ms\n${log}`)), startMs)
  await first.promise.finally(() => clearTimeout(timer))
  return {
    initMs: performance.now() - startedAt,
    client,
    log: () => log,
    invoke<T>(event: unknown, leftMs = options.timeoutSeconds * 1000) {
      return new Promise<T>((resolve, failed) => {
        waiting.push({ id: randomUUID(), event, leftMs, done: (body) => resolve(JSON.parse(body) as T), failed })
        handOut()
      })
    },
    async stop() {
      const gone = new Promise((done) => child.once("exit", done))
      if (child.exitCode === null && child.kill("SIGKILL")) await gone
      api.closeAllConnections()
      await new Promise((done) => api.close(done))
    },
  }
}

function launch({ dir, environment, memoryMb }: ContainerOptions, port: number): ChildProcess {
  return spawn(process.execPath, [client, "bundle.handler"], {
    cwd: dir,
    env: {
      PATH: process.env.PATH ?? "",
      HOME: "/tmp",
      AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
      _HANDLER: "bundle.handler",
      LAMBDA_TASK_ROOT: dir,
      AWS_LAMBDA_FUNCTION_NAME: "test",
      AWS_LAMBDA_FUNCTION_VERSION: "$LATEST",
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
      AWS_LAMBDA_LOG_GROUP_NAME: "/aws/lambda/test",
      AWS_LAMBDA_LOG_STREAM_NAME: "stream",
      AWS_LAMBDA_LOG_FORMAT: "JSON",
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  })
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString("utf8")
}
