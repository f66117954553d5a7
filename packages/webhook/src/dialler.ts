import { connect, isIP, type Socket } from "node:net"
import { connect as connectTls } from "node:tls"
import type { VetAddress } from "@postrider/core/ports/mail-server"
import type { ResolvedAddress } from "@postrider/core/ports/name-resolver"
import type { buildConnector } from "undici"
import { DialError, refusedDial } from "./dial-error.ts"

export interface DiallerOptions {
  vet: VetAddress
  /** Name, addresses, TCP and TLS together. */
  connectTimeoutMs: number
  /** PEM certificates trusted in place of the system's. */
  ca?: string | undefined
}

interface Target {
  name: string
  port: number
  tls: boolean
}

/**
 * Connects undici to vetted addresses alone, literal ones too, with the name for SNI and the certificate. undici never resolves
 * anything itself: a name cannot point elsewhere between the check and the connection.
 */
export function createDialler(options: DiallerOptions): buildConnector.connector {
  return (asked, callback) => {
    const tls = asked.protocol === "https:"
    const name = asked.hostname.replace(/^\[|\]$/g, "")
    const target = { name, port: asked.port === "" ? (tls ? 443 : 80) : Number(asked.port), tls }
    dial(options, target).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(error instanceof Error ? error : new Error("dial failed", { cause: error }), null),
    )
  }
}

async function dial(options: DiallerOptions, target: Target): Promise<Socket> {
  const signal = AbortSignal.timeout(options.connectTimeoutMs)
  const vetted = options.vet({ host: target.name, port: target.port, purpose: "http", tls: target.tls }, signal)
  const addresses = await Promise.race([vetted, aborted(signal)]).catch((error: unknown) => {
    throw error instanceof DialError ? error : refusedDial(error)
  })
  let last: unknown
  for (const [index, address] of addresses.entries()) {
    const others = addresses.length - index
    const patience = AbortSignal.any([signal, AbortSignal.timeout(options.connectTimeoutMs / others)])
    try {
      return await open(address, target, { ca: options.ca, signal: patience })
    } catch (error) {
      last = error
      if (signal.aborted) break
    }
  }
  throw last
}

function open(
  { address }: ResolvedAddress,
  { name, port, tls }: Target,
  options: { ca: string | undefined; signal: AbortSignal },
): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = tls
    ? connectTls({
        host: address,
        port,
        servername: isIP(name) === 0 ? name.replace(/\.$/, "") : "",
        ALPNProtocols: ["http/1.1"],
        minVersion: "TLSv1.2",
        ...(options.ca === undefined ? {} : { ca: options.ca }),
      })
    : connect({ host: address, port })
  let stage: "connect" | "tls" = "connect"
  const fail = (error: unknown) => {
    socket.destroy()
    reject(error instanceof DialError ? error : new DialError(stage, describe(stage, error), error))
  }
  const onAbort = () => fail(tooLong(options.signal))
  const onError = (error: Error) => fail(error)
  const onClose = () => fail(new Error("closed"))
  options.signal.addEventListener("abort", onAbort, { once: true })
  socket.on("error", onError)
  socket.once("close", onClose)
  socket.once("connect", () => {
    stage = "tls"
  })
  socket.once(tls ? "secureConnect" : "connect", () => {
    options.signal.removeEventListener("abort", onAbort)
    socket.removeListener("error", onError)
    socket.removeListener("close", onClose)
    socket.setNoDelay(true)
    resolve(socket)
  })
  return promise
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(tooLong(signal)), { once: true }))
}

const tooLong = (signal: AbortSignal): DialError =>
  new DialError("timeout", "No connection came about in time.", signal.reason)

function describe(stage: "connect" | "tls", error: unknown): string {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? ` (${error.code})` : ""
  return stage === "tls" ? `No trusted TLS connection${code}.` : `The connection failed${code}.`
}
