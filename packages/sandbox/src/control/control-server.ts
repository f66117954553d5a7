import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import type { Listener } from "../connection/listener.ts"
import type { Services } from "../services.ts"
import { toSnakeCase } from "./case.ts"
import { HttpProblem } from "./http-problem.ts"
import { type Answer, routes } from "./routes.ts"

export type ControlOptions = { readonly host: string; readonly port: number; readonly services: Services }

const requestTimeoutMs = 30_000

/** The HTTP side: faults, mailboxes, log. For the machine it runs on; it asks nobody who they are. */
export function startControlServer({ host, port, services }: ControlOptions): Promise<Listener> {
  const server = createServer({ requestTimeout: requestTimeoutMs }, (request, response) => {
    handle(services, request)
      .catch(asAnswer)
      .then((answer) => send(response, answer))
      .catch(() => response.destroy())
  })
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, host, () => resolve(listenerOf(server)))
  })
}

function listenerOf(server: Server): Listener {
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function handle(services: Services, request: IncomingMessage): Promise<Answer> {
  const url = new URL(request.url ?? "/", "http://sandbox.invalid")
  const segments = url.pathname.split("/").filter(Boolean).map(decode)
  const route = routes.find(({ method, path }) => method === request.method && matches(path, segments))
  if (!route) {
    const known = routes.some(({ path }) => matches(path, segments))
    throw new HttpProblem(known ? 405 : 404, known ? "method not allowed" : "no such resource")
  }
  const body = await readBody(request, services.maxMessageBytes)
  return route.answer({ services, body, segments, query: url.searchParams })
}

function matches(path: readonly string[], segments: readonly string[]): boolean {
  return path.length === segments.length && path.every((part, index) => part === "*" || part === segments[index])
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (cause) {
    throw new HttpProblem(400, "bad percent-encoding in the path", { cause })
  }
}

async function readBody(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > maxBytes) throw new HttpProblem(413, `body larger than ${maxBytes} octets`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function asAnswer(error: unknown): Answer {
  if (error instanceof HttpProblem) {
    return {
      status: error.status,
      json: { error: error.message, ...(error.problems ? { errors: error.problems } : {}) },
    }
  }
  return { status: 500, json: { error: error instanceof Error ? error.message : "internal error" } }
}

function send(response: ServerResponse, answer: Answer): void {
  const connection = answer.status === 413 ? { connection: "close" } : {}
  if (answer.raw) {
    response.writeHead(answer.status, {
      ...connection,
      "content-type": "message/rfc822",
      "x-content-type-options": "nosniff",
    })
    response.end(answer.raw)
    return
  }
  response.writeHead(answer.status, { ...connection, "content-type": "application/json" })
  response.end(answer.json === undefined ? undefined : `${JSON.stringify(toSnakeCase(answer.json), null, 2)}\n`)
}
