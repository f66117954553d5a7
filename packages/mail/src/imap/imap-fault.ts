import { RelayError } from "@postrider/core/error/relay-error"
import type { FaultStage, MailFault } from "@postrider/core/ports/mail-fault"
import type { MailServer } from "@postrider/core/ports/mail-server"
import type { ImapFlowError } from "imapflow"
import { cleanResponse } from "../fault/clean-response.ts"
import { faultError } from "../fault/fault-error.ts"
import { closedBeforeGreeting, socketFault } from "../fault/socket-fault.ts"
import { answersWithTlsFault, starttlsMissingFault } from "../fault/tls-fault.ts"
import { bareFault } from "./lifetime.ts"
import { busyClass, loginFixes } from "./refusal-table.ts"
import type { DialProgress } from "./transport.ts"

export interface FaultContext {
  stage: FaultStage
  server: MailServer
  progress: DialProgress
  /** The server has greeted us. */
  greeted: boolean
}

/** What imapflow threw, as an error that may cross the port. */
export function imapError(error: unknown, context: FaultContext): RelayError {
  if (error instanceof RelayError) return error
  const fault = imapFault(error, context)
  if (fault.class === "protocol" && refusalOf(error) !== null) {
    return new RelayError("provider/refused", "The mail server refused.", { fault, cause: error })
  }
  return faultError(fault, error)
}

/** Tagged NO or BAD: the server's code and words. Null for every other failure. */
export function refusalOf(error: unknown): { status: string; code: string | null; text: string | null } | null {
  if (!isImapError(error) || (error.responseStatus !== "NO" && error.responseStatus !== "BAD")) return null
  const text = error.responseText ?? (typeof error.response === "string" ? error.response : null)
  return { status: error.responseStatus, code: responseCode(error), text: cleanResponse(text) }
}

/** `[CODE]` of the tagged answer. imapflow brings it out for some commands; FETCH is not among them. */
function responseCode(error: ImapFlowError): string | null {
  if (error.serverResponseCode !== undefined) return error.serverResponseCode
  if (typeof error.response !== "object") return null
  const code = error.response.attributes?.[0]?.section?.[0]?.value
  return typeof code === "string" ? code.toUpperCase() : null
}

/** True when a refusal concerns the whole session (throttling, limits), not the mail that was asked for. */
export function isBusy(error: unknown): boolean {
  if (isImapError(error) && error.code === "ETHROTTLE") return true
  const refusal = refusalOf(error)
  return refusal !== null && busyClass(refusal.code, refusal.text) !== null
}

function imapFault(error: unknown, context: FaultContext): MailFault {
  if (!isImapError(error)) return socketFault(error, context.stage, context.server)
  const early = context.greeted ? null : dialFault(error, context)
  return early ?? tlsUpgradeFault(error, context) ?? refusalFault(error, context) ?? lostFault(error, context)
}

/** Before the greeting: sockets, handshakes, silence, and servers that hang up (mail-rules F2). */
function dialFault(error: ImapFlowError, { server, progress }: FaultContext): MailFault | null {
  if (progress.answeredWithTls) return answersWithTlsFault(server)
  switch (error.code) {
    case "CONNECT_TIMEOUT":
      return socketFault(Object.assign(new Error("connect"), { code: "ETIMEDOUT" }), progress.stage, server)
    case "GREETING_TIMEOUT":
    case "ETIMEOUT":
      return { ...bareFault("timeout", "greeting", null), fix: silentFix(server) }
    case "ClosedAfterConnectTLS":
    case "ClosedAfterConnectText":
    case "NoConnection":
      return busyGreeting(error)
    case "ECONNRESET":
    case "EPIPE":
      return progress.stage === "connect" ? null : { ...closedBeforeGreeting(), stage: progress.stage }
    default:
      return error.code === undefined ? null : socketFault(error, progress.stage, server)
  }
}

const silentFix = ({ port, security }: MailServer): string =>
  security === "tls"
    ? `port ${port} does not answer; check host and port`
    : `port ${port} does not greet in plain text; if it speaks TLS from the start, set security to tls`

/** A greeting of BYE, or none at all. */
function busyGreeting(error: ImapFlowError): MailFault {
  const response = cleanResponse(error.reason)
  const busy = closedBeforeGreeting()
  return response === null ? busy : { ...busy, class: busyClass(null, response) ?? "throttled", code: "BYE", response }
}

function tlsUpgradeFault(error: ImapFlowError, { server }: FaultContext): MailFault | null {
  if (error.tlsFailed !== true) return null
  if (error.code === undefined) return starttlsMissingFault(server, 993)
  if (error.code === "STARTTLS_INJECTION") {
    const fix = `port ${server.port} sent text between STARTTLS and TLS, as an attacker would; use port 993 with security tls`
    return { ...bareFault("tls", "starttls", error.code), fix, misconfigured: true }
  }
  if (error.code === "UPGRADE_TIMEOUT") return bareFault("timeout", "starttls", null)
  return socketFault(error, "starttls", server)
}

function refusalFault(error: ImapFlowError, context: FaultContext): MailFault | null {
  if (error.code === "ETHROTTLE") {
    return { ...bareFault("throttled", context.stage, null), response: cleanResponse(error.responseText) }
  }
  const refusal = refusalOf(error)
  if (refusal === null) return context.stage === "auth" ? noMechanism(error, context.server) : null
  const { code, text: response } = refusal
  const busy = busyClass(code, response)
  if (busy !== null) return { ...bareFault(busy, context.stage, code), response }
  if (error.authenticationFailed === true && refusal.status === "NO") return loginFault(refusal, context.server)
  const missing = error.mailboxMissing === true || code === "NONEXISTENT"
  const fix = missing ? "the mailbox does not exist; check its name" : null
  return { ...bareFault("protocol", context.stage, code), response, fix, misconfigured: missing }
}

function loginFault(refusal: { code: string | null; text: string | null }, server: MailServer): MailFault {
  if (refusal.code === "PRIVACYREQUIRED") {
    const fix = "the server takes no password without TLS; set security to starttls or tls"
    return { ...bareFault("tls", "auth", refusal.code), response: refusal.text, fix, misconfigured: true }
  }
  const token = server.credentials?.kind === "token"
  const fix = token ? "the access token was refused; check its scopes and username" : loginFixes[refusal.code ?? ""]
  return {
    ...bareFault(token ? "oauth" : "auth", "auth", refusal.code),
    response: refusal.text,
    fix: fix ?? "check username and password",
  }
}

/** imapflow found no way to log in, or Exchange accepted the login and disowned it in the next answer. */
function noMechanism(error: ImapFlowError, server: MailServer): MailFault | null {
  if (error.code !== undefined) return null
  const response = typeof error.response === "string" ? cleanResponse(error.response) : null
  if (response !== null) return { ...bareFault("auth", "auth", null), response }
  const fix =
    server.credentials?.kind === "token"
      ? "the server offers no login with OAuth (XOAUTH2, OAUTHBEARER); use a password"
      : server.security === "none"
        ? "the server takes no password on this connection; set security to starttls or tls"
        : "the server takes no password; use OAuth"
  return { ...bareFault("protocol", "auth", null), fix, misconfigured: true }
}

/** The connection broke, fell silent, or carries what is not IMAP. */
function lostFault(error: ImapFlowError, { stage, server }: FaultContext): MailFault {
  switch (error.code) {
    case "ETIMEOUT":
      return bareFault("timeout", stage, null)
    case "NoConnection":
    case "EConnectionClosed":
    case "StateLogout":
    case "ClosedAfterConnectTLS":
    case "ClosedAfterConnectText": {
      const response = cleanResponse(error.reason)
      if (response === null) return bareFault("connect", stage, null)
      return { ...bareFault(busyClass(null, response) ?? "connect", stage, "BYE"), response }
    }
    default:
      return isLibraryCode(error.code)
        ? bareFault("protocol", stage, error.code ?? null)
        : socketFault(error, stage, server)
  }
}

/** imapflow's own codes are in CamelCase; those of sockets and TLS in capitals. */
const isLibraryCode = (code: string | undefined): boolean =>
  code !== undefined && (/[a-z]/.test(code) || code === "MAX_IMAP_NESTING_REACHED" || code === "COMPRESS_TRAILING_DATA")

const isImapError = (error: unknown): error is ImapFlowError => error instanceof Error
