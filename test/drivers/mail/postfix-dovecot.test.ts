import { createImapReader } from "@postrider/mail/imap/imap-reader"
import { createSmtpSender } from "@postrider/mail/smtp/smtp-sender"
import { createClock } from "@postrider/runtime/clock"
import { describe, expect, test } from "vitest"
import { mail, readAll, refs } from "../../contracts/mailbox-reader/harness.ts"
import { dovecotMissing, startDovecot } from "../../support/dovecot.ts"
import { loopback } from "../../support/loopback.ts"
import { postfixMissing, startPostfix } from "../../support/postfix.ts"
import { quietLogger } from "../../support/quiet-logger.ts"

const skip = dovecotMissing() ?? postfixMissing()
const title = "[needs dovecot, postfix] a mail through real servers"

describe.skipIf(skip !== null)(skip === null ? title : `${title} (${skip})`, () => {
  test("what is sent over STARTTLS with a login is read over IMAP, octet by octet below the trace headers", async () => {
    const dovecot = await startDovecot()
    if ("skip" in dovecot) throw new Error(dovecot.skip)
    const postfix = await startPostfix(dovecot)
    if ("skip" in postfix) throw new Error(postfix.skip)
    const clock = createClock()
    const sender = createSmtpSender({ vet: loopback, clock })
    const reader = createImapReader({ vet: loopback, clock, log: quietLogger })
    const server = {
      host: "localhost",
      port: postfix.ports.smtp,
      security: "starttls" as const,
      tls: { ca: dovecot.ca },
      credentials: { kind: "password" as const, username: "alice", password: dovecot.password },
    }
    // With a Date: Postfix adds one otherwise (mail-rules B7).
    const date = "Date: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
    const raw = Buffer.concat([Buffer.from(date), mail("through", "dots\r\n.\r\n..\r\nend\r\n")])
    // No DATA is begun with less than a minute left (mail-rules H6).
    const deadline = Date.now() + 120_000
    try {
      const sent = await sender.send({
        ...{ server, poolKey: "alice", maxConnections: 1, mailFrom: "alice@postfix.test", size: raw.length },
        recipients: [{ address: "bob@postfix.test" }, { address: "full@postfix.test" }],
        body: async function* () {
          yield raw
        },
        ...{ eightBit: false, smtpUtf8: false, dsn: { envid: "through", ret: "hdrs" as const }, deadline },
      })
      expect(sent.recipients.map((one) => one.outcome)).toEqual(["accepted", "rejected"])
      const imap = { ...server, port: dovecot.ports.imaps, security: "tls" as const }
      const credentials = { kind: "password" as const, username: "bob", password: dovecot.password }
      const session = await reader.open({ protocol: "imap", server: { ...imap, credentials }, deadline })
      await expect.poll(async () => (await session.select("INBOX")).exists, { timeout: 10_000, interval: 100 }).toBe(1)
      const [received] = await readAll(session, await refs(session))
      const text = received?.octets.toString("latin1") ?? ""
      expect(text.slice(text.indexOf(date))).toBe(raw.toString("latin1"))
      await session.end()
    } finally {
      await sender.close()
      await postfix.stop()
      await dovecot.stop()
    }
  })
})
