import type { MailSender, SendRequest, SendResult } from "@postrider/core/ports/mail-sender"
import type { MailServer, VetAddress } from "@postrider/core/ports/mail-server"
import { certificate } from "../../support/certificates.ts"
import { loopback } from "../../support/loopback.ts"
import { type ScriptedSmtp, type ScriptedSmtpOptions, startScriptedSmtp } from "../../support/scripted-smtp.ts"

/** Short of what a driver grants by itself, so that silence is noticed within a test. Milliseconds. */
export interface Patience {
  connectMs?: number
  greetingMs?: number
  commandMs?: number
  dataBlockMs?: number
  dotMs?: number
  startReserveMs?: number
  idleMs?: number
  maxMessages?: number
}

export interface SenderUnderTest {
  create(options: { vet: VetAddress; limits: Patience }): MailSender
}

/** Sender and servers of one case; ended with it. */
export interface SenderHarness {
  sender(limits?: Patience, vet?: VetAddress): MailSender
  server(options?: ScriptedSmtpOptions): Promise<ScriptedSmtp>
}

export interface SenderCase {
  name: string
  run(harness: SenderHarness): Promise<void>
}

export async function runSenderCase(senderCase: SenderCase, driver: SenderUnderTest): Promise<void> {
  const ends: (() => Promise<void>)[] = []
  const harness: SenderHarness = {
    sender(limits = {}, vet = loopback) {
      const sender = driver.create({ vet, limits: { startReserveMs: 0, ...limits } })
      ends.unshift(() => sender.close())
      return sender
    },
    async server(options = {}) {
      const server = await startScriptedSmtp(options)
      ends.push(() => server.close())
      return server
    },
  }
  try {
    await senderCase.run(harness)
  } finally {
    for (const end of ends) await end()
  }
}

export const serverAt = (port: number, changes: Partial<MailServer> = {}): MailServer => ({
  host: "localhost",
  port,
  security: "none",
  tls: { ca: certificate("ca").cert },
  credentials: null,
  ...changes,
})

export const defaultBody = "Subject: x\r\n\r\nHello\r\n"

export function requestTo(server: MailServer, changes: Partial<SendRequest> & { text?: string } = {}): SendRequest {
  const { text = defaultBody, ...rest } = changes
  const bytes = Buffer.from(text)
  return {
    server,
    poolKey: "acc_1/main",
    maxConnections: 2,
    mailFrom: "ann@acme.test",
    recipients: [{ address: "bob@x.test" }],
    size: bytes.length,
    async *body() {
      yield bytes
    },
    eightBit: false,
    smtpUtf8: false,
    dsn: { envid: "out_1", ret: "hdrs" },
    deadline: Date.now() + 10_000,
    ...rest,
  }
}

export const to = (...names: string[]): SendRequest["recipients"] =>
  names.map((name) => ({ address: `${name}@x.test` }))

/** `name outcome code` of each recipient. */
export const outcomes = (result: SendResult): string[] =>
  result.recipients.map(({ address, outcome, reply }) => `${address.split("@")[0]} ${outcome} ${reply?.code ?? "-"}`)

/** Waits for what happens by itself soon; fails after two seconds. */
export async function soon(what: string, holds: () => boolean): Promise<void> {
  const end = Date.now() + 2000
  while (!holds()) {
    if (Date.now() > end) throw new Error(`did not happen: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
