import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { setTimeout as wait } from "node:timers/promises"
import { type Sandbox, startSandbox } from "@postrider/sandbox/start-sandbox"
import { Webhook } from "standardwebhooks"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type RelayProcess, startRelayProcess } from "../support/relay-process.ts"
import { seededRandom } from "../support/seeded-random.ts"

const full = process.env.POSTRIDER_CHAOS === "full"
const mails = full ? 5000 : 400
const kills = full ? 10 : 3
const seed = Number(process.env.POSTRIDER_CHAOS_SEED ?? 1)

interface Received {
  id: string
  data: { id: string; account: string; message_id: string }
}

/** `npm run chaos` runs the full size. */
describe.each(["imap", "pop3"] as const)(
  `a mailbox of ${mails} mails over %s, the process killed ${kills} times meanwhile`,
  (protocol) => {
    let sandbox: Sandbox
    let relay: RelayProcess
    let consumer: Server
    let webhook: Webhook | undefined
    const events = new Map<string, Received>()

    beforeAll(async () => {
      sandbox = await startSandbox({ ports: { smtp: 0, imap: 0, pop3: 0, control: 0 } })
      for (let n = 0; n < mails; n++) sandbox.deliver(mail(n), { to: "ada@demo.test" })
      consumer = createServer((request, response) => {
        const chunks: Buffer[] = []
        request.on("data", (chunk: Buffer) => chunks.push(chunk))
        request.on("end", () => {
          const event = webhook?.verify(
            Buffer.concat(chunks).toString(),
            request.headers as Record<string, string>,
          ) as Received
          events.set(event.id, event)
          response.writeHead(204).end()
        })
      })
      await new Promise<void>((resolve) => consumer.listen(0, "127.0.0.1", resolve))
      relay = await startRelayProcess()
      const url = `http://127.0.0.1:${(consumer.address() as AddressInfo).port}/`
      const { body } = await relay.call("/v1/endpoints", { json: { url, types: ["message.received"] } })
      webhook = new Webhook((body as { secret: string }).secret)
    })

    afterAll(async () => {
      await relay?.dispose()
      consumer?.closeAllConnections()
      consumer?.close()
      await sandbox?.stop()
    })

    it("takes every mail in, once each, and delivers its webhook", { timeout: 300_000 }, async () => {
      const random = seededRandom(seed)
      const startedAt = performance.now()
      const login = {
        host: "127.0.0.1",
        port: sandbox.ports[protocol],
        security: "none",
        username: "ada",
        password: "demo",
      }
      const intake = { ...login, history: "all", poll_seconds: 1 }
      const { status } = await relay.call("/v1/accounts", {
        json: { id: "ada", email: "ada@demo.test", [protocol]: intake },
      })
      expect(status).toBe(201)
      for (let n = 0; n < kills; n++) {
        await wait(150 + random() * (full ? 2500 : 700))
        await relay.kill()
        await relay.start()
      }
      const end = performance.now() + 200_000
      while (events.size < mails && performance.now() < end) await wait(200)
      await wait(1500)
      const messageIds = new Set([...events.values()].map((event) => event.data.message_id))
      const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
      process.stdout.write(
        `chaos: ${protocol} ${mails} mails, ${kills} kills, ${events.size} events, ${messageIds.size} distinct, ${seconds} s, seed ${seed}\n`,
      )
      expect(messageIds.size).toBe(mails)
      expect(events.size).toBe(mails)
    })
  },
)

function mail(n: number): string {
  return [
    `Message-ID: <mail-${n}@demo.test>`,
    "Date: Thu, 01 Jan 2026 00:00:00 +0000",
    "From: bob@demo.test",
    "To: ada@demo.test",
    `Subject: Number ${n}`,
    "",
    `Body of ${n}.`,
    `.${"text ".repeat(60)}`,
    "",
  ].join("\r\n")
}
