import { greeting } from "./answer-reader.ts"
import { type ClientOptions, createClient, type Pop3Client } from "./client.ts"
import { type Connection, openConnection } from "./connection.ts"
import { limitsOf } from "./limits.ts"
import type { Pop3Options } from "./options.ts"
import { Pop3Error } from "./pop3-error.ts"

/**
 * Connects, reads the greeting and, with `tls: "starttls"`, secures the session. Nobody is logged in yet.
 * @throws Pop3Error `connect`, `tls`, `timeout`, `aborted`; `refused` or `closed` with stage `greeting`; `protocol` when no POP3 server
 * answers; `starttls_missing`; `injection`. No connection is left behind then.
 */
export async function connectPop3(options: Pop3Options): Promise<Pop3Client> {
  const limits = limitsOf(options)
  const connection = await openConnection(options, limits)
  try {
    const request = { command: greeting, line: null, timeoutMs: limits.greetingTimeoutMs }
    const { text } = await connection.exchange.request(request)
    connection.enter("command")
    const settings: ClientOptions = { connection, limits, host: options.host, port: options.port, greeting: text }
    if (options.tls === "starttls") await startTls(connection, settings)
    return createClient(settings)
  } catch (error) {
    connection.end(
      error instanceof Pop3Error
        ? error
        : new Pop3Error("protocol", "the session could not be opened", { cause: error }),
    )
    throw error
  }
}

/** STLS (RFC 2595 section 4). A server without CAPA is asked all the same. */
async function startTls(connection: Connection, settings: ClientOptions): Promise<void> {
  const capabilities = await createClient(settings).capa()
  if (capabilities.size > 0 && !capabilities.has("STLS")) throw missing()
  const timeoutMs = settings.limits.commandTimeoutMs
  const request = { command: "STLS", line: "STLS", timeoutMs, onLast: connection.pause }
  await connection.exchange.request(request).catch((error: unknown) => {
    throw error instanceof Pop3Error && error.code === "refused" ? missing(error) : error
  })
  await connection.secure()
  connection.enter("command")
}

const missing = (cause?: Pop3Error): Pop3Error =>
  new Pop3Error("starttls_missing", "the server does not offer STLS", {
    command: "STLS",
    response: cause?.response ?? null,
    responseCode: cause?.responseCode ?? null,
    cause,
  })
