import type { Clock } from "@postrider/core/ports/clock"
import type { VetAddress } from "@postrider/core/ports/mail-server"
import type { MailboxReader, MailboxSession, OpenOptions } from "@postrider/core/ports/mailbox-reader"
import type { Pop3Client } from "@postrider/pop3/client"
import { type Deadline, startDeadline } from "./deadline.ts"
import { dialServer } from "./dial-server.ts"
import { logIn, requireCredentials } from "./log-in.ts"
import { pop3Failure } from "./pop3-fault.ts"
import { readIds } from "./read-listing.ts"
import { createPop3Session } from "./session.ts"
import { defaultTimeouts, type Pop3Timeouts } from "./timeouts.ts"

export interface Pop3ReaderOptions {
  vet: VetAddress
  clock: Clock
  timeouts?: Partial<Pop3Timeouts>
}

/**
 * Reads maildrops over POP3 (RFC 1939) with our own client. A session opens with UIDL, so that `hasIds` and a listing the
 * server cannot give are known at once. See the port for what sessions promise.
 */
export function createPop3Reader(options: Pop3ReaderOptions): MailboxReader {
  const timeouts = { ...defaultTimeouts, ...options.timeouts }
  return {
    async open({ server, deadline: at, signal }: OpenOptions): Promise<MailboxSession> {
      requireCredentials(server)
      const deadline = startDeadline(options.clock, { deadline: at, signal })
      try {
        const client = await dialServer({ server, vet: options.vet, clock: options.clock, deadline, timeouts })
        return await enter(client, { server, deadline })
      } catch (error) {
        deadline.clear()
        throw error
      }
    },
  }
}

async function enter(client: Pop3Client, { server, deadline }: { server: OpenOptions["server"]; deadline: Deadline }) {
  try {
    const capabilities = await logIn(client, server)
    const ids = await readIds(client)
    return createPop3Session({ client, server, deadline, capabilities, ids })
  } catch (error) {
    client.close()
    throw pop3Failure(error, server)
  }
}
