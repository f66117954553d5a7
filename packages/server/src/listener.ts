import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http"
import { RelayError } from "@postrider/core/error/relay-error"

type Handler = (request: IncomingMessage, response: ServerResponse) => void

export interface Listener {
  server: Server
  url: string
  port: number
  /** Requests before this wait in the socket. */
  serve(handler: Handler): void
}

/** A client has this long for its headers, and for its whole request (64 MiB at 1 MB/s and some). */
const headersTimeoutMs = 15_000
const requestTimeoutMs = 180_000
const sweepMs = 50

/**
 * Takes the port before anything else is opened, so that links know it.
 * @throws RelayError `not_ready` naming the port when it is taken or not allowed.
 */
export async function listen({ host, port }: { host: string; port: number }): Promise<Listener> {
  let handler: Handler = (_request, response) => void response.writeHead(503, { "retry-after": "1" }).end()
  const server = createServer(
    { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs },
    (request, response) => handler(request, response),
  )
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new RelayError("not_ready", listenProblem(cause, { host, port }), { cause })),
    )
    server.listen(port, host, resolve)
  })
  const bound = server.address()
  const actual = typeof bound === "object" && bound !== null ? bound.port : port
  return {
    server,
    port: actual,
    url: `http://${shownHost(host)}:${actual}`,
    serve: (next) => {
      handler = next
    },
  }
}

/** Lets requests under way end, within `waitMs`, and drops the rest; their callers got no answer, so nothing was promised. */
export async function closeListener({ server }: Listener, waitMs: number): Promise<void> {
  const timer = setTimeout(() => server.closeAllConnections(), waitMs)
  // A connection whose last answer is out stays open for the next request, which shall go elsewhere.
  const sweep = setInterval(() => server.closeIdleConnections(), sweepMs)
  await new Promise<void>((resolve) => server.close(() => resolve()))
  clearInterval(sweep)
  clearTimeout(timer)
}

/** An address that can be pasted: the wildcard is not one. */
function shownHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "127.0.0.1"
  return host.includes(":") ? `[${host}]` : host
}

export function isPortTaken(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && "code" in cause && cause.code === "EADDRINUSE"
}

function listenProblem(cause: Error & { code?: string }, { host, port }: { host: string; port: number }): string {
  if (cause.code === "EADDRINUSE") return `Port ${port} on ${host} is taken. Set POSTRIDER_PORT to another one.`
  if (cause.code === "EACCES") return `Port ${port} needs more rights. Set POSTRIDER_PORT to one above 1023.`
  return `Cannot listen on ${host}:${port} (${cause.code ?? cause.message}). Check POSTRIDER_HOST and POSTRIDER_PORT.`
}
