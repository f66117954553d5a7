import { TLSSocket } from "node:tls"
import type { SmtpReply } from "@postrider/core/ports/mail-sender"
import type { MailServer, TlsFacts } from "@postrider/core/ports/mail-server"
import type SMTPConnection from "nodemailer/lib/smtp-connection"
import type { SMTPConnectionCustomAuthHandlers } from "nodemailer/lib/smtp-connection"
import type { EhloOffers } from "./offers.ts"
import { parseReply } from "./reply.ts"
import type { Transcript } from "./transcript.ts"

/** A connection that is greeted, encrypted and logged in as its settings say. */
export interface Session {
  readonly server: MailServer
  readonly connection: SMTPConnection
  readonly transcript: Transcript
  readonly ehlo: EhloOffers
  readonly tls: TlsFacts | null
  readonly authenticated: boolean
  /** Transactions begun. */
  messages: number
  /** False once the connection ended, by whichever side. */
  alive(): boolean
  onEnd(listener: () => void): void
  /** Runs one command; null when the connection ends first. Nothing else may run meanwhile. */
  command(line: string): Promise<SmtpReply | null>
  /** QUIT, answered or not within `ms`. */
  quit(ms: number): Promise<void>
  /** At once, dropping what is not written yet. */
  destroy(): void
}

/** Name under which `command` runs as a login of nodemailer's, its only door for commands of ours. */
const commandMethod = "POSTRIDER-COMMAND"

export const commandHandlers: SMTPConnectionCustomAuthHandlers = {
  [commandMethod]: async (context) => {
    const { line, answered } = context.auth
    if (typeof line !== "string" || typeof answered !== "function") return
    answered((await context.sendCommand(line)).response)
  },
}

export function createSession(
  facts: Omit<Session, "messages" | "alive" | "onEnd" | "command" | "quit" | "destroy">,
): Session {
  const { connection } = facts
  return {
    ...facts,
    messages: 0,
    alive: () => isAlive(connection),
    onEnd: (listener) => void connection.once("end", listener),
    command: (line) => runCommand(connection, line),
    quit: (ms) => quit(connection, ms),
    destroy: () => connection.close(),
  }
}

export const socketOf = (connection: SMTPConnection): TLSSocket | null =>
  connection.secure && connection._socket instanceof TLSSocket ? connection._socket : null

function isAlive(connection: SMTPConnection): boolean {
  return !connection.destroyed && connection._socket !== false && connection._socket?.writable === true
}

function runCommand(connection: SMTPConnection, line: string): Promise<SmtpReply | null> {
  return new Promise((resolve) => {
    const ended = (): void => resolve(null)
    const answered = (response: string): void => {
      connection.removeListener("end", ended)
      resolve(parseReply(response))
    }
    connection.once("end", ended)
    connection.login({ method: commandMethod, line, answered }, (error) => {
      if (error) ended()
    })
  })
}

function quit(connection: SMTPConnection, ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (!isAlive(connection)) return resolve()
    const timer = setTimeout(() => connection.close(), ms)
    connection.once("end", () => {
      clearTimeout(timer)
      resolve()
    })
    connection.quit()
  })
}
