import type { FaultStage, MailFault } from "@postrider/core/ports/mail-fault"
import type { SmtpReply } from "@postrider/core/ports/mail-sender"
import type { MailServer } from "@postrider/core/ports/mail-server"
import type SMTPConnection from "nodemailer/lib/smtp-connection"
import { closedBeforeGreeting } from "../fault/socket-fault.ts"
import { answersWithTlsFault, isTlsError, starttlsMissingFault, tlsFault } from "../fault/tls-fault.ts"
import { Interruption } from "./interrupt.ts"
import { readOffers } from "./offers.ts"
import { parseReply } from "./reply.ts"
import { connectionFault, protocolFault, replyFault, SessionFault, timeoutFault } from "./session-fault.ts"
import type { Transcript } from "./transcript.ts"

interface Opening {
  server: MailServer
  transcript: Transcript
  stage: FaultStage
  connection: SMTPConnection | null
}

/** Ports on which TLS comes first (RFC 8314, and the one big providers add). */
const tlsPorts = new Set([465, 2465])

/** What an opening that failed with `error` died of, and where. */
export function openingFault(error: unknown, opening: Opening): MailFault {
  const { server, transcript } = opening
  if (transcript.injected) return injected()
  if (error instanceof SessionFault) return error.fault
  const stage = stageOf(opening)
  if (error instanceof Interruption) return late(stage, error, server)
  if (isTlsError(error)) return tlsFault(error, stage === "starttls" ? stage : "tls", server)
  const text = responseOf(error)
  const reply = parseReply(text)
  if (reply !== null && stage === "starttls" && starttlsMissing(reply, transcript))
    return starttlsMissingFault(server, 465)
  if (reply !== null) return replyFault(reply, stage, server)
  if (text !== null && startsTlsRecord(text)) return answersWithTlsFault(server)
  if (text !== null) return protocolFault(stage, null)
  if (stage === "greeting" && closed(error)) return closedBeforeGreeting()
  return connectionFault(error, stage, server)
}

/** The stage of the last command, or that of the handshake when it is not over. */
function stageOf({ server, transcript, stage, connection }: Opening): FaultStage {
  if (connection === null || stage === "auth") return stage
  if (connection.upgrading === true) return server.security === "starttls" ? "starttls" : "tls"
  if (transcript.replies === 0) return "greeting"
  if (transcript.lastCommand === "STARTTLS") return "starttls"
  return transcript.lastCommand === null ? "greeting" : "capability"
}

function late(stage: FaultStage, error: Interruption, server: MailServer): MailFault {
  const fault = timeoutFault(stage, server, error.code)
  if (stage !== "greeting" || error.code !== "ETIMEDOUT" || server.security === "tls") return fault
  if (tlsPorts.has(server.port)) return answersWithTlsFault(server)
  return { ...fault, fix: "no greeting came; if the port wants TLS first, set security to tls" }
}

/** A server that offers STARTTLS and answers 454 is only short of it for now (RFC 3207 section 4). */
function starttlsMissing(reply: SmtpReply, { greeted }: Transcript): boolean {
  return reply.code >= 500 || greeted === null || !readOffers(greeted).starttls
}

function injected(): MailFault {
  const fix = "the server, or somebody between, sent octets ahead of the TLS handshake; use port 465 with security tls"
  return { ...protocolFault("starttls", fix), misconfigured: false }
}

function responseOf(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("response" in error)) return null
  return typeof error.response === "string" ? error.response : null
}

const closed = (error: unknown): boolean =>
  error instanceof Error && (!("code" in error) || error.code === "ECONNECTION") && !("originalCode" in error)

/** Content type 20 to 23 and major version 3 (RFC 8446 section 5.1). */
function startsTlsRecord(text: string): boolean {
  const type = text.charCodeAt(0)
  return type >= 20 && type <= 23 && text.charCodeAt(1) === 3
}
