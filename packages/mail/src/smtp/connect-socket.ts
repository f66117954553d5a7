import { connect, type Socket } from "node:net"
import { RelayError } from "@postrider/core/error/relay-error"
import type { Clock } from "@postrider/core/ports/clock"
import type { MailFault } from "@postrider/core/ports/mail-fault"
import type { MailServer, VetAddress } from "@postrider/core/ports/mail-server"
import type { ResolvedAddress } from "@postrider/core/ports/name-resolver"
import { connectionFault, SessionFault, timeoutFault } from "./session-fault.ts"
import { createTimer } from "./timer.ts"

export interface DialOptions {
  vet: VetAddress
  clock: Clock
  /** For all addresses together. */
  connectMs: number
  signal: AbortSignal
}

/** A TCP connection to the first vetted address of the server that takes one (mail-rules N1). @throws SessionFault */
export async function connectSocket(server: MailServer, options: DialOptions): Promise<Socket> {
  const end = options.clock.now() + options.connectMs
  const addresses = await vetted(server, options)
  let failure = new SessionFault(timeoutFault("connect", server))
  for (const [index, address] of addresses.entries()) {
    options.signal.throwIfAborted()
    const share = (end - options.clock.now()) / (addresses.length - index)
    if (share <= 0) break
    try {
      return await connectTo(address, server.port, { ...options, connectMs: share })
    } catch (error) {
      options.signal.throwIfAborted()
      failure = new SessionFault(connectionFault(error, "connect", server), error)
    }
  }
  throw failure
}

async function vetted(server: MailServer, options: DialOptions): Promise<ResolvedAddress[]> {
  try {
    return await options.vet({ host: server.host, port: server.port, purpose: "mail" }, options.signal)
  } catch (error) {
    options.signal.throwIfAborted()
    throw new SessionFault(vetFault(error, server), error)
  }
}

function vetFault(error: unknown, server: MailServer): MailFault {
  if (!(error instanceof RelayError)) return connectionFault(error, "resolve", server)
  if (error.options.fault !== undefined) return { ...error.options.fault, stage: "resolve" }
  const refused = error.code === "address_not_allowed"
  return {
    class: refused ? "address_not_allowed" : "dns",
    stage: "resolve",
    code: null,
    enhancedCode: null,
    response: null,
    fix: error.options.fix ?? null,
    misconfigured: refused,
  }
}

function connectTo(target: ResolvedAddress, port: number, options: DialOptions): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.address, family: target.family, port })
    const timer = createTimer(options.clock, () => socket.destroy(timedOut()))
    const abort = (): void => void socket.destroy(timedOut())
    const settle = (done: () => void): void => {
      timer.stop()
      options.signal.removeEventListener("abort", abort)
      done()
    }
    // Stays for the life of the socket: between here and the next owner an error must not end the process.
    socket.on("error", (error) => settle(() => reject(error)))
    socket.once("connect", () => settle(() => resolve(socket)))
    options.signal.addEventListener("abort", abort, { once: true })
    timer.arm(options.connectMs)
  })
}

const timedOut = (): Error => Object.assign(new Error("connect timed out"), { code: "ETIMEDOUT" })
