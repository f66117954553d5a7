import { RelayError } from "@postrider/core/error/relay-error"
import type { MailFault } from "@postrider/core/ports/mail-fault"
import type { MailServer, VetAddress } from "@postrider/core/ports/mail-server"
import type { MailboxSession } from "@postrider/core/ports/mailbox-reader"
import { createPop3Reader } from "@postrider/mail/pop3/pop3-reader"
import type { Pop3Timeouts } from "@postrider/mail/pop3/timeouts"
import { createClock } from "@postrider/runtime/clock"
import { loopback } from "../../support/loopback.ts"

export interface Opening extends Partial<MailServer> {
  port: number
  vet?: VetAddress
  timeouts?: Partial<Pop3Timeouts>
  deadlineMs?: number
}

/** Opens a session at a server of this test, as alice, over plain text unless told otherwise. */
export function openPop3({
  vet = loopback,
  timeouts = {},
  deadlineMs = 10_000,
  ...server
}: Opening): Promise<MailboxSession> {
  return createPop3Reader({ vet, clock: createClock(), timeouts }).open({
    protocol: "pop3",
    server: {
      host: "localhost",
      security: "none",
      tls: {},
      credentials: { kind: "password", username: "alice", password: "secret" },
      ...server,
    },
    deadline: Date.now() + deadlineMs,
  })
}

/** The fault that `work` fails with; whatever else happens is an error of the test. */
export async function faultOf(work: Promise<unknown>): Promise<MailFault> {
  const outcome = await work.then(
    () => "success",
    (error: unknown) => error,
  )
  if (outcome instanceof RelayError && outcome.options.fault !== undefined) return outcome.options.fault
  throw new Error(`expected a RelayError with a fault, got ${String(outcome)}`)
}
