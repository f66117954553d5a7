import type { FaultStage, MailFault } from "@postrider/core/ports/mail-fault"
import type { SmtpReply } from "@postrider/core/ports/mail-sender"
import type { MailServer } from "@postrider/core/ports/mail-server"
import { errorCode } from "../fault/error-code.ts"
import { socketFault } from "../fault/socket-fault.ts"
import { faultRows } from "./fault-rows.ts"

/** A fault of a session on its way to the sender's result; never leaves this folder. */
export class SessionFault extends Error {
  readonly fault: MailFault
  constructor(fault: MailFault, cause?: unknown) {
    super(fault.fix ?? fault.class, { cause })
    this.fault = fault
  }
}

/** The fault behind a reply to a session command (greeting to AUTH). */
export function replyFault(reply: SmtpReply, stage: FaultStage, server: MailServer): MailFault {
  const row = faultRows.find(
    (each) =>
      (each.stages?.includes(stage) ?? true) &&
      each.codes.some((code) => String(reply.code).startsWith(code)) &&
      (each.enhanced?.test(reply.enhancedCode ?? "") ?? true) &&
      (each.text?.test(reply.response) ?? true),
  )
  const byToken = row?.class === "auth" && server.credentials?.kind === "token"
  return {
    class: byToken ? "oauth" : (row?.class ?? "protocol"),
    stage,
    code: String(reply.code),
    enhancedCode: reply.enhancedCode,
    response: reply.response,
    fix: row?.fix ?? null,
    misconfigured: row?.misconfigured === true,
  }
}

/** The fault behind an error of the socket below nodemailer, which puts codes of its own over Node's. */
export function connectionFault(error: unknown, stage: FaultStage, server: MailServer): MailFault {
  const original = originalCode(error) ?? errorCode(error)
  const code = original === "ESOCKET" || original === "ECONNECTION" ? null : original
  const fault = socketFault(code === null ? error : { code }, stage, server)
  return { ...fault, code }
}

export function timeoutFault(stage: FaultStage, server: MailServer, code = "ETIMEDOUT"): MailFault {
  const fault = socketFault({ code: "ETIMEDOUT" }, stage, server)
  return { ...fault, code, fix: stage === "connect" ? fault.fix : null }
}

export function protocolFault(stage: FaultStage, fix: string | null, reply: SmtpReply | null = null): MailFault {
  return {
    class: "protocol",
    stage,
    code: reply === null ? null : String(reply.code),
    enhancedCode: reply?.enhancedCode ?? null,
    response: reply?.response ?? null,
    fix,
    misconfigured: fix !== null,
  }
}

function originalCode(error: unknown): string | null {
  if (typeof error !== "object" || error === null || !("originalCode" in error)) return null
  return typeof error.originalCode === "string" ? error.originalCode : null
}
