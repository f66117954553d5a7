import type { MailServer, Security } from "@postrider/core/ports/mail-server"
import type { MailboxReader } from "@postrider/core/ports/mailbox-reader"
import type { Sandbox } from "@postrider/sandbox/start-sandbox"
import type { ReaderHarness } from "../contracts/mailbox-reader/harness.ts"
import { certificate } from "./certificates.ts"

export interface SandboxWay {
  protocol: "imap" | "pop3"
  security: Security
  reader: MailboxReader
}

/** The way to a mailbox of a sandbox that was started without users. */
export function sandboxServer(
  { ports }: Pick<Sandbox, "ports">,
  { protocol, security, user }: Omit<SandboxWay, "reader"> & { user: string },
): MailServer {
  const port = security === "tls" ? ports[`${protocol}s`] : ports[protocol]
  if (port === undefined) throw new Error("the sandbox has no certificate")
  return {
    host: "localhost",
    port,
    security,
    tls: security === "none" ? {} : { ca: certificate("ca").cert },
    credentials: { kind: "password", username: user, password: "demo" },
  }
}

let used = 0

/** Harnesses of the reader's contract over a sandbox: a user each. */
export function sandboxHarnesses(sandbox: Sandbox, way: SandboxWay): () => ReaderHarness {
  return () => {
    const user = `user${used++}`
    const inbox = sandbox.mailbox(user)
    const delivered: number[] = []
    return {
      protocol: way.protocol,
      reader: way.reader,
      server: sandboxServer(sandbox, { ...way, user }),
      async deliver(raw, { internalDate, flags } = {}) {
        const message = sandbox.deliver(Buffer.from(raw), {
          to: user,
          ...(internalDate === undefined ? {} : { internalDate: new Date(internalDate) }),
          ...(flags === undefined ? {} : { flags }),
        })
        delivered.push(message.uid)
      },
      async remove(index) {
        inbox.remove(new Set([delivered[index] ?? 0]))
      },
      flags: async () => inbox.messages.map((message) => [...message.flags].filter((flag) => flag !== "\\Recent")),
    }
  }
}
