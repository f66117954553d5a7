import { type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from "node:http"

export interface WireAnswer {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
}

/** Headers that belong to one connection alone. */
const ownHeaders: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "transfer-encoding",
])

export interface WireRequest {
  method?: string | undefined
  path?: string | undefined
  headers: IncomingHttpHeaders
}

/** Sends a request on, with its headers as they are: what was signed stays signed. */
export function forward(base: string, { method, path, headers }: WireRequest, body: Buffer): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    const kept = passedOn(headers)
    const sent = request(new URL(path ?? "/", base), {
      method: method ?? "POST",
      headers: { ...kept, "content-length": body.length },
    })
    sent.once("error", reject)
    sent.once("response", (answer) => {
      collect(answer).then(
        (octets) => resolve({ status: answer.statusCode ?? 502, headers: answer.headers, body: octets }),
        reject,
      )
    })
    sent.end(body)
  })
}

/** Sends a request on and answers as the other side does, holding neither body. */
export function pass(base: string, from: IncomingMessage, to: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const { "content-length": length } = from.headers
    const headers = { ...passedOn(from.headers), ...(length !== undefined && { "content-length": length }) }
    const sent = request(new URL(from.url ?? "/", base), { method: from.method ?? "GET", headers })
    const end = () => {
      to.destroy()
      sent.destroy()
      resolve()
    }
    sent.once("error", end)
    to.once("close", end)
    sent.once("response", (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(to)
    })
    from.pipe(sent)
  })
}

export function reply(to: ServerResponse, { status, headers, body }: WireAnswer): void {
  to.writeHead(status, { ...passedOn(headers), "content-length": body.length })
  to.end(body)
}

export async function collect(from: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of from) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !ownHeaders.has(name)))
}
