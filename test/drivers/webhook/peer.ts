import { readFileSync } from "node:fs"
import { createServer as createHttpServer, type IncomingHttpHeaders, type ServerResponse } from "node:http"
import { createServer as createHttpsServer } from "node:https"
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net"
import { createDialGuard } from "@postrider/core/network/dial-guard"
import type { WebhookRequest } from "@postrider/core/ports/webhook-sender"
import { createWebhookSender } from "@postrider/webhook/webhook-sender"
import { onTestFinished } from "vitest"

export interface Received {
  method: string
  path: string
  headers: IncomingHttpHeaders
  body: Buffer
}

export type Answer = (response: ServerResponse, received: Received) => void

export const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
export const otherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"

const fixture = (name: string): string =>
  readFileSync(new URL(`../../fixtures/webhook-tls/${name}`, import.meta.url), "utf8")
export const ca: string = fixture("ca.pem")

/** A receiver on a port of its own, over TLS where asked, that keeps what it got. */
export async function startPeer(answer: Answer, options: { tls?: boolean } = {}) {
  const received: Received[] = []
  const sockets = new Set<Socket>()
  const server = options.tls
    ? createHttpsServer({ key: fixture("key.pem"), cert: fixture("certificate.pem") })
    : createHttpServer()
  server.on("connection", (socket) => sockets.add(socket))
  server.on("request", async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { method = "", url = "", headers } = request
    const one = { method, path: url, headers, body: Buffer.concat(chunks) }
    received.push(one)
    answer(response, one)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { received, sockets, port, url: `${options.tls ? "https" : "http"}://127.0.0.1:${port}/hook` }
}

/** A peer that speaks raw octets. */
export async function startRawPeer(onConnection: (socket: Socket) => void) {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on("error", () => socket.destroy())
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { sockets, port, url: `http://127.0.0.1:${port}/hook` }
}

export interface SenderSetup {
  names?: Record<string, string[]>
  allowNetworks?: string[]
  connectTimeoutMs?: number
  trusted?: boolean
}

/** The real sender over the real guard, with loopback opened and a resolver of the test's own. */
export function startSender(setup: SenderSetup = {}) {
  const asked: string[] = []
  const vet = createDialGuard({
    resolver: {
      resolve: async (host) => {
        asked.push(host)
        return (setup.names?.[host] ?? []).map((address) => ({ address, family: 4 as const }))
      },
    },
    allowNetworks: setup.allowNetworks ?? ["127.0.0.0/8"],
    allowPorts: [],
    webhookPorts: [443],
  })
  const sender = createWebhookSender({
    vet,
    clock: { now: () => Date.now() },
    ...(setup.connectTimeoutMs === undefined ? {} : { connectTimeoutMs: setup.connectTimeoutMs }),
    ...(setup.trusted === false ? {} : { ca }),
  })
  onTestFinished(() => sender.close())
  return { sender, asked }
}

export function hook(url: string, changes: Partial<WebhookRequest> = {}): WebhookRequest {
  return {
    url,
    id: "evt_0123456789",
    body: new TextEncoder().encode('{"type":"webhook.ping","data":"é"}'),
    contentType: "application/json",
    secrets: [secret],
    headers: {},
    timeoutMs: 5_000,
    ...changes,
  }
}
