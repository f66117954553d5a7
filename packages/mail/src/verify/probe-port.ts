import type { Socket } from "node:net"
import { RelayError } from "@postrider/core/error/relay-error"
import type { Clock } from "@postrider/core/ports/clock"
import type { FaultStage, MailFault } from "@postrider/core/ports/mail-fault"
import type { TlsFacts, VetAddress } from "@postrider/core/ports/mail-server"
import type { PortProbe, ProbeAnswer, ProbeRequest } from "@postrider/core/ports/port-probe"
import { tlsFacts } from "../dial/tls-facts.ts"
import { cleanResponse } from "../fault/clean-response.ts"
import { errorCode } from "../fault/error-code.ts"
import { faultError } from "../fault/fault-error.ts"
import { closedBeforeGreeting, socketFault } from "../fault/socket-fault.ts"
import { answersWithTlsFault, starttlsMissingFault } from "../fault/tls-fault.ts"
import { bareFault, createLifetime, type Lifetime } from "../imap/lifetime.ts"
import { connectPlain, createLineReader, secure } from "./probe-socket.ts"
import { otherProtocolFix, talks } from "./probe-talk.ts"

interface Probing {
  request: ProbeRequest
  lifetime: Lifetime
  stage: FaultStage
  /** The outermost: destroying a socket below TLS during its handshake can crash Node 24. */
  socket: Socket | null
  tls: TlsFacts | null
  greeting: string | null
}

/** Connects, shakes hands, reads the greeting, hangs up (mail-rules N1, N3). */
export function createPortProbe({ vet, clock }: { vet: VetAddress; clock: Clock }): PortProbe {
  return {
    async probe(request): Promise<ProbeAnswer> {
      const lifetime = createLifetime(clock, { deadline: request.deadline })
      const probing: Probing = { request, lifetime, stage: "resolve", socket: null, tls: null, greeting: null }
      try {
        const target = { host: request.host, port: request.port, purpose: "mail" as const }
        const addresses = await lifetime.guard("resolve", () => vet(target, lifetime.signal))
        await look(
          probing,
          addresses.map(({ address }) => address),
        )
        return { ok: true, tls: probing.tls, greeting: probing.greeting, fault: null }
      } catch (error) {
        return { ok: false, tls: probing.tls, greeting: probing.greeting, fault: probeFault(error, probing) }
      } finally {
        lifetime.finish()
        probing.socket?.destroy()
      }
    },
  }
}

async function look(probing: Probing, addresses: string[]): Promise<void> {
  const { request } = probing
  const talk = talks[request.protocol]
  let socket = await connectFirst(probing, addresses)
  if (request.security === "tls") socket = await handshake(probing, socket)
  const read = createLineReader(socket)
  const line = () => probing.lifetime.guard(probing.stage, read)
  probing.stage = "greeting"
  const greeting = await line()
  probing.greeting = cleanResponse(greeting)
  if (!talk.greets(greeting)) {
    const fix = otherProtocolFix(request, greeting)
    throw faultError({ ...bareFault("protocol", "greeting", null), response: probing.greeting, fix })
  }
  if (request.security !== "starttls") return
  probing.stage = "starttls"
  for (const step of talk.upgrade) {
    socket.write(`${step.send}\r\n`)
    let answer = await line()
    for (let lines = 1; !step.last.test(answer) && lines < 100; lines++) answer = await line()
    if (!step.accepted.test(answer)) throw faultError(starttlsMissingFault(request, talk.tlsPort))
  }
  socket.removeAllListeners("data")
  await handshake(probing, socket)
}

async function connectFirst(probing: Probing, addresses: string[]): Promise<Socket> {
  probing.stage = "connect"
  let last: unknown = Object.assign(new Error("no address"), { code: "EAI_NODATA" })
  for (const address of addresses) {
    try {
      return await probing.lifetime.guard("connect", async () => {
        const socket = await connectPlain(address, probing.request.port)
        // What goes wrong later is told to whoever reads or shakes hands then.
        socket.on("error", () => undefined)
        probing.socket = socket
        if (probing.lifetime.ending !== null) socket.destroy()
        return socket
      })
    } catch (error) {
      if (probing.lifetime.ending !== null) throw error
      last = error
    }
  }
  throw last
}

async function handshake(probing: Probing, plain: Socket): Promise<Socket> {
  if (probing.stage !== "starttls") probing.stage = "tls"
  const socket = await probing.lifetime.guard(probing.stage, () =>
    secure(probing.request, { socket: plain }, (started) => {
      probing.socket = started
    }),
  )
  probing.tls = tlsFacts(socket)
  return socket
}

function probeFault(error: unknown, { request, stage }: Probing): MailFault {
  if (error instanceof RelayError) return error.options.fault ?? bareFault("connect", stage, null)
  const code = errorCode(error)
  if (code === "TLS_RECORD") return answersWithTlsFault(request)
  if (code === "LINE_TOO_LONG") return bareFault("protocol", stage, null)
  if (code === "ECONNRESET" && stage === "greeting") return closedBeforeGreeting()
  return socketFault(error, stage, request)
}
