import { createImapReader } from "@postrider/mail/imap/imap-reader"
import { createClock } from "@postrider/runtime/clock"
import { afterAll, beforeAll } from "vitest"
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
