import { createImapReader } from "@postrider/mail/imap/imap-reader"
import { createClock } from "@postrider/runtime/clock"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { faultOf } from "../../contracts/mailbox-reader/harness.ts"
import { mailboxReaderContract, readerCases } from "../../contracts/mailbox-reader.contract.ts"
import { type Dovecot, dovecotMissing, startDovecot } from "../../support/dovecot.ts"
import { boxNames, dovecotHarnesses } from "../../support/dovecot-harness.ts"
import { loopback } from "../../support/loopback.ts"
import { quietLogger } from "../../support/quiet-logger.ts"

const skip = dovecotMissing()
const securities = ["tls", "starttls"] as const
const reader = createImapReader({ vet: loopback, clock: createClock(), log: quietLogger })

for (const security of securities) {
  let dovecot: Dovecot | undefined
  let next: ReturnType<typeof dovecotHarnesses> | undefined

  beforeAll(async () => {
    if (skip !== null) return
    const started = await startDovecot({ users: boxNames(readerCases.length) })
    if ("skip" in started) throw new Error(started.skip)
    dovecot = started
    next = dovecotHarnesses(started, { protocol: "imap", security, reader })
  })
  afterAll(async () => dovecot?.stop())

  mailboxReaderContract(`[needs dovecot] IMAP over ${security} with Dovecot`, {
    protocol: "imap",
    can: ["remove", "flags"],
    skip,
    fresh: async () => next?.() ?? Promise.reject(new Error("no server")),
  })
}

describe.skipIf(skip !== null)(`[needs dovecot] IMAP with Dovecot${skip === null ? "" : ` (${skip})`}`, () => {
  test("F2: a session over Dovecot's limit of connections is too many, not a wrong password", async () => {
    const dovecot = await startDovecot({ extra: "mail_max_userip_connections = 1\n" })
    if ("skip" in dovecot) throw new Error(dovecot.skip)
    const server = {
      host: "localhost",
      port: dovecot.ports.imaps,
      security: "tls" as const,
      tls: { ca: dovecot.ca },
      credentials: { kind: "password" as const, username: "alice", password: dovecot.password },
    }
    const open = () => reader.open({ protocol: "imap", server, deadline: Date.now() + 10_000 })
    try {
      const first = await open()
      const fault = await faultOf(open())
      expect(fault).toMatchObject({ class: "too_many_connections", code: "LIMIT" })
      await first.end()
      await (await open()).end()
    } finally {
      await dovecot.stop()
    }
  })
})
