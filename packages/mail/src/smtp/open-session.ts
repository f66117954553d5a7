import type { Socket } from "node:net"
import type { Clock } from "@postrider/core/ports/clock"
import type { FaultStage, MailFault } from "@postrider/core/ports/mail-fault"
import type { MailServer, TlsFacts, VetAddress } from "@postrider/core/ports/mail-server"
import SMTPConnection from "nodemailer/lib/smtp-connection"
import { checkPeer } from "../dial/certificate-check.ts"
import { tlsBehindSilence } from "../dial/tls-behind-silence.ts"
import { tlsFacts } from "../dial/tls-facts.ts"
import { pinnedOptions } from "../dial/tls-options.ts"
import { answersWithTlsFault } from "../fault/tls-fault.ts"
import { connectSocket } from "./connect-socket.ts"
import { createInterrupt, type Interrupt } from "./interrupt.ts"
import type { SmtpLimits } from "./limits.ts"
import { chooseLogin, tokenMethod, xoauth2 } from "./login.ts"
import { type EhloOffers, readOffers } from "./offers.ts"
import { openingFault } from "./opening-fault.ts"
import { commandHandlers, createSession, type Session, socketOf } from "./session.ts"
import { protocolFault, SessionFault } from "./session-fault.ts"
import { createTranscript, type Transcript } from "./transcript.ts"

export interface SessionOptions {
  vet: VetAddress
  clock: Clock
  limits: SmtpLimits
  /** Name said in EHLO. */
  hostname?: string
}

export interface OpenRequest {
  server: MailServer
  /** Milliseconds since the epoch. */
  deadline: number
  signal?: AbortSignal
}

/** How far an opening that failed had come. */
export interface OpenFailure {
  fault: MailFault
  tls: TlsFacts | null
  ehlo: EhloOffers | null
}

interface Opening {
  server: MailServer
  options: SessionOptions
  interrupt: Interrupt
  transcript: Transcript
  stage: FaultStage
  connection: SMTPConnection | null
}

/** Connects, encrypts and logs in. What goes wrong is an answer, not an error. */
export async function openSession(request: OpenRequest, options: SessionOptions): Promise<Session | OpenFailure> {
  const interrupt = createInterrupt(options.clock, request.deadline, request.signal)
  const transcript = createTranscript()
  const opening: Opening = {
    server: request.server,
    options,
    interrupt,
    transcript,
    stage: "connect",
    connection: null,
  }
  try {
    const session = await open(opening)
    transcript.onReply = () => {}
    return session
  } catch (error) {
    const failure = { fault: openingFault(error, opening), ...known(opening) }
    opening.connection?.close()
    return failure
  } finally {
    interrupt.end()
  }
}

export const isSession = (opened: Session | OpenFailure): opened is Session => "connection" in opened

async function open(opening: Opening): Promise<Session> {
  const { server, options, interrupt, transcript } = opening
  const { limits } = options
  interrupt.arm(limits.connectMs)
  const socket = await connectSocket(server, { ...options, connectMs: limits.connectMs, signal: interrupt.signal })
  opening.stage = server.security === "tls" ? "tls" : "greeting"
  interrupt.arm(limits.greetingMs)
  transcript.onReply = () => interrupt.arm(limits.commandMs)
  const connection = createConnection(opening, socket)
  opening.connection = connection
  const broken = failed(connection, transcript)
  const greeted = new AbortController()
  const wrong = refuseTlsPort(opening, { socket, signal: AbortSignal.any([greeted.signal, interrupt.signal]) })
  await interrupt.race(Promise.race([broken, wrong, connected(connection)])).finally(() => greeted.abort())
  opening.stage = "tls"
  verifyTls(connection, server)
  opening.stage = "auth"
  const { tls, ehlo } = known(opening)
  if (ehlo === null) throw new SessionFault(protocolFault("capability", null))
  await interrupt.race(Promise.race([broken, login(connection, server, ehlo)]))
  return createSession({ server, connection, transcript, ehlo, tls, authenticated: server.credentials !== null })
}

function createConnection({ server, options, transcript }: Opening, socket: Socket): SMTPConnection {
  const ours = 1_800_000
  return new SMTPConnection({
    host: server.host,
    port: server.port,
    connection: socket,
    secure: server.security === "tls",
    requireTLS: server.security === "starttls",
    ignoreTLS: server.security === "none",
    tls: pinnedOptions(server.tls, server.host),
    ...(options.hostname === undefined ? {} : { name: options.hostname }),
    logger: transcript.logger,
    transactionLog: true,
    customAuth: { [tokenMethod]: xoauth2, ...commandHandlers },
    maxResponseSize: 65_536,
    // A graceful end would still flush what we gave up on, the final dot included.
    socketCloseTimeout: 0,
    // Deadlines are ours (mail-rules H6); these are the net below them.
    connectionTimeout: ours,
    greetingTimeout: ours,
    socketTimeout: ours,
  })
}

const connected = (connection: SMTPConnection): Promise<void> =>
  new Promise((resolve, reject) => {
    connection.connect((error) => (error === undefined || error === null ? resolve() : reject(error)))
  })

/** Rejects when the connection fails; nodemailer tells most of that by event only. The listener stays: an error may come at any time. */
function failed(connection: SMTPConnection, transcript: Transcript): Promise<never> {
  const broken = new Promise<never>((_resolve, reject) => {
    connection.on("error", reject)
    connection.once("end", () => reject(new Error("the connection ended")))
    transcript.onInjection = () => {
      reject(new SessionFault(protocolFault("starttls", null)))
      queueMicrotask(() => connection.close())
    }
  })
  // It is raced more than once, and may reject when nobody races it any more.
  broken.catch(() => undefined)
  return broken
}

/** Rejects when the port keeps silent because it waits for a TLS handshake; else it stays open. */
function refuseTlsPort(
  { server, options, transcript }: Opening,
  { socket, signal }: { socket: Socket; signal: AbortSignal },
): Promise<never> {
  return new Promise((_resolve, reject) => {
    const address = socket.remoteAddress
    if (server.security === "tls" || address === undefined) return
    void tlsBehindSilence(options.clock, { address, port: server.port, signal }).then((speaksTls) => {
      if (speaksTls && transcript.replies === 0) reject(new SessionFault(answersWithTlsFault(server)))
    })
  })
}

function verifyTls(connection: SMTPConnection, server: MailServer): void {
  if (server.security === "none") return
  const socket = socketOf(connection)
  if (socket === null) throw new SessionFault(protocolFault("starttls", "the connection is not encrypted"))
  const refused = checkPeer(socket, { name: server.tls.serverName ?? server.host, settings: server.tls })
  if (refused !== undefined) throw refused
}

function login(connection: SMTPConnection, server: MailServer, ehlo: EhloOffers): Promise<void> {
  const { credentials } = server
  if (credentials === null) return Promise.resolve()
  const auth = chooseLogin(server, credentials, ehlo.mechanisms)
  return new Promise((resolve, reject) => {
    connection.login(auth, (error) => (error === null ? resolve() : reject(error)))
  })
}

function known({ server, connection, transcript }: Opening): { tls: TlsFacts | null; ehlo: EhloOffers | null } {
  const socket = connection === null || connection.upgrading === true ? null : socketOf(connection)
  const settled = socket !== null || server.security === "none"
  return {
    tls: socket === null ? null : tlsFacts(socket),
    ehlo: settled && transcript.greeted !== null ? readOffers(transcript.greeted) : null,
  }
}
