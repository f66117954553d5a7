import { connect, type Socket } from "node:net"
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls"
import { Pop3Error, type Pop3Stage } from "./pop3-error.ts"
import { closedFailure, lateFailure, socketFailure } from "./socket-failure.ts"

/** The socket, plain and later under TLS, and the one way it ends. */
export interface Link {
  /** What is read and written now. */
  socket(): Socket
  tls(): TLSSocket | null
  /** What ended it; null while it lives. */
  failure(): Pop3Error | null
  /** Called once, with the reason. */
  onEnd(listener: (failure: Pop3Error) => void): void
  /** From here on a failure belongs to this stage. */
  enter(stage: Pop3Stage): void
  write(text: string): void
  /** Begins a handshake; `reach("tls")` waits for it. Never throws: a certificate that cannot be parsed ends the link like a refused one. */
  upgrade(options: ConnectionOptions, checkPeer?: (socket: TLSSocket) => Error | undefined): void
  /** Waits for the connection, or for the handshake that `upgrade` began. */
  reach(stage: "connect" | "tls", timeoutMs: number): Promise<void>
  /** At once, or without a failure after what was written. */
  end(failure?: Pop3Error): void
}

export function createLink(target: { host: string; port: number }): Link {
  const ended: ((failure: Pop3Error) => void)[] = []
  let socket: Socket = connect({ ...target, noDelay: true })
  let tls: TLSSocket | null = null
  let stage: Pop3Stage = "connect"
  let step = Promise.withResolvers<void>()
  let failure: Pop3Error | null = null

  const end = (reason?: Pop3Error) => {
    if (failure !== null) return
    failure = reason ?? new Pop3Error("closed", "the session has ended")
    if (reason === undefined) socket.destroySoon()
    else socket.destroy()
    step.reject(failure)
    for (const listener of ended) listener(failure)
  }
  const listen = (current: Socket) => {
    // After the upgrade only the TLS socket knows when everything was read; an error of either ends both.
    const close = () => current === socket && end(closedFailure(stage))
    current.on("error", (error) => end(socketFailure(error, stage)))
    current.on("end", close).on("close", close)
  }
  const secure = (secured: TLSSocket, checkPeer: Parameters<Link["upgrade"]>[1]): undefined => {
    tls = secured
    socket = secured
    listen(secured)
    secured.once("secureConnect", () => accept(thrownBy(() => checkPeer?.(secured))))
  }
  const accept = (refusal: Error | undefined) =>
    refusal === undefined ? step.resolve() : end(socketFailure(refusal, "tls"))
  listen(socket)
  socket.once("connect", () => step.resolve())
  return {
    ...{ socket: () => socket, tls: () => tls, failure: () => failure, end },
    onEnd: (listener) => void ended.push(listener),
    enter(next) {
      stage = next
    },
    write: (text) => void socket.write(text),
    upgrade(options, checkPeer) {
      stage = "tls"
      step = Promise.withResolvers<void>()
      if (failure !== null) return step.reject(failure)
      const unusable = thrownBy(() => secure(connectTls(options), checkPeer))
      if (unusable !== undefined) accept(unusable)
    },
    async reach(reached, timeoutMs) {
      const timer = setTimeout(() => end(lateFailure(reached, timeoutMs)), timeoutMs)
      await step.promise.finally(() => clearTimeout(timer))
    },
  }
}

/** What `run` returns as an error or throws. */
function thrownBy(run: () => Error | undefined): Error | undefined {
  try {
    return run()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
