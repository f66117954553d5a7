import type { Sandbox } from "@postrider/sandbox/start-sandbox"
import { ImapFlow, type ImapFlowOptions } from "imapflow"
import SMTPConnection from "nodemailer/lib/smtp-connection"
import { openRaw, type RawClient } from "./raw-client.ts"

/** imapflow as the relay uses it, signed in and with INBOX open. */
export async function openInbox(sandbox: Sandbox, options: Partial<ImapFlowOptions> = {}): Promise<ImapFlow> {
  const client = createImap(sandbox, options)
  await client.connect()
  await client.mailboxOpen("INBOX")
  return client
}

export function createImap(sandbox: Sandbox, options: Partial<ImapFlowOptions> = {}): ImapFlow {
  const client = new ImapFlow({
    host: "127.0.0.1",
    port: sandbox.ports.imap,
    secure: false,
    doSTARTTLS: false,
    auth: { user: "ada", pass: "demo" },
    logger: false,
    disableAutoIdle: true,
    ...options,
  })
  client.on("error", () => client.close())
  return client
}

export type SendOptions = {
  readonly from?: string
  readonly to?: readonly string[]
  readonly body?: string
  readonly timeoutMs?: number
}

/** Sends one mail with nodemailer's SMTPConnection; rejects with its error. */
export function send(sandbox: Sandbox, options: SendOptions = {}): Promise<{ response: string; rejected: string[] }> {
  const connection = new SMTPConnection({
    host: "127.0.0.1",
    port: sandbox.ports.smtp,
    ignoreTLS: true,
    socketTimeout: options.timeoutMs ?? 5_000,
  })
  return new Promise((resolve, reject) => {
    connection.once("error", reject)
    connection.once("end", () => reject(new Error("the connection ended without an error")))
    connection.connect((failed) => {
      if (failed) return reject(failed)
      const envelope = { from: options.from ?? "ada@demo.test", to: [...(options.to ?? ["bob@demo.test"])] }
      connection.send(envelope, options.body ?? "Subject: x\r\n\r\nx\r\n", (error, info) => {
        if (error) reject(error)
        else resolve({ response: info.response, rejected: info.rejected.map(String) })
        connection.close()
      })
    })
  })
}

/** A POP3 session that has read the greeting and signed in. */
export async function openMaildrop(sandbox: Sandbox, user = "ada"): Promise<RawClient> {
  const client = await openRaw(sandbox.ports.pop3)
  await client.line()
  await client.ask(`USER ${user}`)
  const answer = await client.ask("PASS demo")
  if (!answer.startsWith("+OK")) throw new Error(answer)
  return client
}

/** Sends a POP3 command and reads its answer up to the line with the single dot, which is left out. */
export async function askMany(client: RawClient, command: string): Promise<string[]> {
  client.send(`${command}\r\n`)
  return (await client.until(/^\.$|^-ERR/)).filter((line) => line !== ".")
}
