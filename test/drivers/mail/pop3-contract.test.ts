import { createPop3Reader } from "@postrider/mail/pop3/pop3-reader"
import { createClock } from "@postrider/runtime/clock"
import { afterAll } from "vitest"
import type { ReaderHarness } from "../../contracts/mailbox-reader/harness.ts"
import { mailboxReaderContract } from "../../contracts/mailbox-reader.contract.ts"
import { certificate } from "../../support/certificates.ts"
import { loopback } from "../../support/loopback.ts"
import { type MaildropServer, startMaildropServer } from "../../support/maildrop-server.ts"

const reader = createPop3Reader({ vet: loopback, clock: createClock() })
const servers: MaildropServer[] = []
afterAll(async () => {
  for (const server of servers) await server.close()
})

async function fresh(): Promise<ReaderHarness> {
  const server = await startMaildropServer({ tls: certificate("server"), implicit: true })
  servers.push(server)
  let delivered = 0
  return {
    protocol: "pop3",
    reader,
    server: {
      host: "localhost",
      port: server.port,
      security: "tls",
      tls: { ca: certificate("ca").cert },
      credentials: { kind: "password", username: "alice", password: "secret" },
    },
    deliver: async (raw) => void server.mails.push({ uidl: `u${delivered++}`, content: Buffer.from(raw) }),
  }
}

mailboxReaderContract("POP3 over tls", { protocol: "pop3", can: [], fresh })
