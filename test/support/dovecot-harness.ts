import type { MailServer, Security } from "@postrider/core/ports/mail-server"
import type { MailboxReader } from "@postrider/core/ports/mailbox-reader"
import { ImapFlow } from "imapflow"
import type { ReaderHarness } from "../contracts/mailbox-reader/harness.ts"
import type { Dovecot } from "./dovecot.ts"

/** Users of a Dovecot whose mailboxes are used up one by one, each by one test. */
export const boxNames = (count: number): string[] => Array.from({ length: count }, (_, n) => `box${n}`)

export interface DovecotWay {
  protocol: "imap" | "pop3"
  security: Security
  reader: MailboxReader
}

/** Harnesses of the reader's contract over a real Dovecot: an empty mailbox each. */
export function dovecotHarnesses(dovecot: Dovecot, { protocol, security, reader }: DovecotWay): () => ReaderHarness {
  const port = dovecot.ports[security === "tls" ? (`${protocol}s` as const) : protocol]
  let used = 0
  return () => {
    const user = `box${used++}`
    if (!dovecot.users.includes(user)) throw new Error("out of mailboxes")
    const server: MailServer = {
      host: "localhost",
      port,
      security,
      tls: security === "none" ? {} : { ca: dovecot.ca },
      credentials: { kind: "password", username: user, password: dovecot.password },
    }
    return {
      protocol,
      reader,
      server,
      deliver: (raw, options) =>
        options === undefined ? dovecot.drop(user, raw) : append(dovecot, user, { raw, ...options }),
      // Each user's first mail has UID 1.
      remove: async (index) => {
        await dovecot.doveadm("expunge", "-u", user, "mailbox", "INBOX", "uid", `${index + 1}`)
      },
      flags: async () => {
        const listed = await dovecot.doveadm("-f", "tab", "fetch", "-u", user, "uid flags", "mailbox", "INBOX")
        const rows = listed.trim().split("\n").slice(1)
        return rows.map((row) =>
          (row.split("\t")[1] ?? "").split(" ").filter((flag) => !["", "\\Recent"].includes(flag)),
        )
      },
    }
  }
}

interface Appended {
  raw: Uint8Array
  internalDate?: number
  flags?: readonly string[]
}

async function append(dovecot: Dovecot, user: string, { raw, internalDate, flags = [] }: Appended): Promise<void> {
  const client = new ImapFlow({
    ...{ host: "127.0.0.1", port: dovecot.ports.imap, secure: false, doSTARTTLS: false, logger: false },
    auth: { user, pass: dovecot.password },
  })
  await client.connect()
  await client.append("INBOX", Buffer.from(raw), [...flags], new Date(internalDate ?? Date.now()))
  await client.logout()
}
