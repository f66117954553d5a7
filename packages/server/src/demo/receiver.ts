import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { Webhook } from "standardwebhooks"

/** An event as it arrived, its signature checked by the official library. */
export interface Delivery {
  id: string
  type: string
  data: Record<string, unknown>
  /** Milliseconds since the epoch. */
  at: number
}

export interface Receiver {
  url: string
  port: number
  deliveries: Delivery[]
  /** Deliveries whose signature did not verify. */
  refused: number
  /** Set once the endpoint is made. */
  trust(secret: string): void
  onDelivery(listener: (delivery: Delivery) => void): void
  /** The first delivery, known or to come, that passes; undefined when the time is up. Rejects once waits are ended. */
  waitFor(test: (delivery: Delivery) => boolean, timeoutMs: number): Promise<Delivery | undefined>
  /** Nobody waits for deliveries any more; they are still taken. */
  endWaits(): void
  stop(): Promise<void>
}

const maxBodyBytes = 1024 * 1024

/** The consumer's side of the demo: checks each webhook with the package "standardwebhooks", answers 204, keeps it once by webhook-id. */
export async function startReceiver(port: number): Promise<Receiver> {
  const listeners = new Set<(delivery: Delivery) => void>()
  const deliveries: Delivery[] = []
  let verifier: Webhook | undefined
  const state = { refused: 0 }
  const waits = new AbortController()

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request)
    const delivery = verifier === undefined ? undefined : verify(verifier, request, body)
    if (delivery === undefined) {
      state.refused++
      response.writeHead(401).end()
      return
    }
    response.writeHead(204).end()
    if (deliveries.some((known) => known.id === delivery.id)) return
    deliveries.push(delivery)
    for (const listener of listeners) listener(delivery)
  }

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy())
  })
  const bound = await listenOn(server, port)
  return {
    url: `http://127.0.0.1:${bound}/hook`,
    port: bound,
    deliveries,
    get refused() {
      return state.refused
    },
    trust: (secret) => {
      verifier = new Webhook(secret)
    },
    onDelivery: (listener) => void listeners.add(listener),
    waitFor(test, timeoutMs) {
      const known = deliveries.find(test)
      if (known !== undefined) return Promise.resolve(known)
      return nextDelivery(listeners, test, AbortSignal.any([waits.signal, AbortSignal.timeout(timeoutMs)]))
    },
    endWaits: () => waits.abort(new Error("the demo is stopping")),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function verify(verifier: Webhook, request: IncomingMessage, body: string): Delivery | undefined {
  const headers = Object.fromEntries(
    ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => [name, String(request.headers[name] ?? "")]),
  )
  try {
    const event = verifier.verify(body, headers) as { id: string; type: string; data: Record<string, unknown> }
    return { id: event.id, type: event.type, data: event.data, at: Date.now() }
  } catch (error) {
    process.stderr.write(`A webhook did not verify: ${String(error)}\n`)
    return undefined
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBodyBytes) throw new Error("the webhook is larger than 1 MiB")
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString("utf8")
}

/** Undefined when the signal's time is up; rejects when it was aborted for another reason. */
function nextDelivery(
  listeners: Set<(delivery: Delivery) => void>,
  test: (delivery: Delivery) => boolean,
  signal: AbortSignal,
): Promise<Delivery | undefined> {
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      listeners.delete(listener)
      signal.removeEventListener("abort", onAbort)
      settle()
    }
    const onAbort = (): void =>
      end(() => (signal.reason?.name === "TimeoutError" ? resolve(undefined) : reject(signal.reason)))
    const listener = (delivery: Delivery): void => {
      if (test(delivery)) end(() => resolve(delivery))
    }
    listeners.add(listener)
    signal.addEventListener("abort", onAbort)
    if (signal.aborted) onAbort()
  })
}

/** The wanted port, or a free one where it is taken. */
async function listenOn(server: Server, port: number): Promise<number> {
  const attempt = (wanted: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once("error", reject)
      server.listen(wanted, "127.0.0.1", () => {
        server.off("error", reject)
        resolve()
      })
    })
  await attempt(port).catch(() => attempt(0))
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : port
}
