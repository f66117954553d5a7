import { createServer } from "node:http"
import { setTimeout as wait } from "node:timers/promises"
import { Webhook } from "standardwebhooks"

/** An event as it was delivered, its signature verified. */
export interface ConsumedEvent {
  id: string
  type: string
  account: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into it, and expect() checks what it is
  data: any
}

export interface WebhookConsumer {
  url: string
  events: ConsumedEvent[]
  /** Errors of the verification, one for each delivery that was refused. */
  refused: unknown[]
  /** The endpoint's secret; before, every delivery is refused. */
  trust(secret: string): void
  /** The first event for which `test` is true. @throws Error saying what came instead. */
  waitFor(test: (event: ConsumedEvent) => boolean, timeoutMs?: number): Promise<ConsumedEvent>
  stop(): Promise<void>
}

/** What an app does with webhooks: verifies each with the package standardwebhooks, answers 204, keeps it. */
export async function startWebhookConsumer(): Promise<WebhookConsumer> {
  const events: ConsumedEvent[] = []
  const refused: unknown[] = []
  let webhook: Webhook | undefined
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      try {
        if (webhook === undefined) throw new Error("no secret yet")
        const headers = request.headers as Record<string, string>
        events.push(webhook.verify(Buffer.concat(chunks).toString(), headers) as ConsumedEvent)
        response.writeHead(204).end()
      } catch (error) {
        refused.push(error)
        response.writeHead(401).end()
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("not listening")
  return {
    url: `http://127.0.0.1:${address.port}/`,
    events,
    refused,
    trust: (secret) => {
      webhook = new Webhook(secret)
    },
    async waitFor(test, timeoutMs = 60_000) {
      const end = performance.now() + timeoutMs
      for (;;) {
        const found = events.find(test)
        if (found !== undefined) return found
        if (performance.now() > end) {
          const came = events.map((event) => `${event.type} of ${event.account}`)
          throw new Error(`no such event; there came: ${came.join(", ")}; refused: ${refused.length}`)
        }
        await wait(50)
      }
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
