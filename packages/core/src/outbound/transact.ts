import { openServer } from "../account/open-server.ts"
import { RelayError } from "../error/relay-error.ts"
import type { MailFault } from "../ports/mail-fault.ts"
import type { SendResult } from "../ports/mail-sender.ts"
import type { ComposedMail } from "../ports/mime.ts"
import type { DeliverPorts } from "./deliver-message.ts"
import type { Run } from "./run-transactions.ts"
import { sinkResult } from "./test-sink.ts"

/** Left of the run's time for writing down what the server said. */
const writeMs = 10_000
const defaultConnections = 5

/**
 * One transaction over the run's route. `thrown`: it ended before the dot by no fault of the server, as when the content could not be
 * read. Settings that cannot be used (a secret that does not open) are a fault of the route.
 */
export async function transact(
  ports: DeliverPorts,
  { run, mail, places }: { run: Run; mail: ComposedMail; places: readonly number[] },
): Promise<SendResult | { thrown: unknown }> {
  const { state, route, context } = run
  const { message } = state
  const recipients = places.flatMap((place) => message.recipients[place]?.address ?? [])
  if (message.test) return sinkResult(message, recipients)
  try {
    return await ports.sender.send({
      server: openServer(ports, run.account, `smtp:${route.name}`),
      poolKey: `${message.account}/${route.name}`,
      maxConnections: route.limits.connections ?? defaultConnections,
      mailFrom: state.mailFrom,
      recipients: recipients.map((address) => ({ address })),
      size: mail.size,
      body: () => mail.body(),
      eightBit: state.eightBit,
      smtpUtf8: state.smtpUtf8,
      dsn: { envid: message.id, ret: "hdrs" },
      deadline: context.deadline - writeMs,
      ...(context.signal === undefined ? {} : { signal: context.signal }),
    })
  } catch (error) {
    const fault = error instanceof RelayError ? error.options.fault : undefined
    return fault === undefined ? { thrown: error } : unusable(recipients, fault)
  }
}

/** No connection was made: everybody waits until the settings are mended. */
function unusable(recipients: readonly string[], fault: MailFault): SendResult {
  return {
    stage: fault.stage,
    recipients: recipients.map((address) => ({ address, outcome: "deferred", reply: null })),
    reply: null,
    fault,
    offers: null,
    dsn: null,
    tls: null,
    serverMessageId: null,
    durationMs: 0,
  }
}
