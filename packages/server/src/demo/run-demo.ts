import { stopOnSignal } from "../stop-on-signal.ts"
import { createApiCalls } from "./api-calls.ts"
import { showDelivery, showPlayground } from "./playground.ts"
import { type Screen, shownSeconds } from "./screen.ts"
import { type Stack, startStack } from "./start-stack.ts"
import { StepFailed } from "./step-failed.ts"
import { runTour } from "./tour.ts"

export interface DemoOptions {
  screen: Screen
  /** Ends after the tour. */
  once: boolean
  /** How long each webhook of the tour may take. */
  patienceMs?: number
  /** Where the tour runs; a test breaks one. */
  start?: () => Promise<Stack>
}

const usualPatienceMs = 20_000

/**
 * The tour, then the playground until a signal ends it. Sets the exit code: 1 after a step that failed, 130 when the tour was
 * interrupted. Leaves nothing behind but, after a failed step, the log.
 */
export async function runDemo({
  screen,
  once,
  patienceMs = usualPatienceMs,
  start = startStack,
}: DemoOptions): Promise<void> {
  screen.line()
  screen.line("Postrider demo. One mail goes out over SMTP and comes back over IMAP and POP3 as signed webhooks.")
  screen.line("Everything runs on this machine; nothing leaves it.")
  screen.line()
  const state = { stopping: false }
  const starting = start()
  const tour = starting.then((stack) => {
    // A signal may have come while the stack was starting.
    if (state.stopping) return
    introduce(stack, screen)
    return runTour({ stack, screen, patienceMs })
  })
  let done = false
  stopOnSignal(async () => {
    state.stopping = true
    if (!done) process.exitCode = 130
    await stop(await starting, { screen, tour })
  })
  const failure = await tour.then(
    () => undefined,
    (error: unknown) => error,
  )
  // A tour that was cut off has failed too; stopping says what there is to say.
  if (state.stopping) return
  done = true
  if (failure !== undefined) return complain(await starting, screen, failure)
  const stack = await starting
  if (once) return stack.stop()
  showPlayground(stack, screen)
  stack.receiver.onDelivery((delivery) => showDelivery(delivery, screen))
}

function introduce(stack: Stack, screen: Screen): void {
  const { relay, sandbox, receiver, dir, took, movedFrom } = stack
  const { smtp, imap, pop3, control } = sandbox.ports
  const sandboxPorts = `smtp :${smtp}  imap :${imap}  pop3 :${pop3}  control :${control}   `
  if (movedFrom !== null) {
    screen.line(`   Port ${movedFrom} is taken, so the relay listens on ${relay.port}.`)
    screen.line()
  }
  screen.part(["relay", relay.url, `embedded store in ${dir}`], shownSeconds(took.relay))
  screen.part(["sandbox", sandboxPorts, "a mail server for play"], shownSeconds(took.sandbox))
  screen.part(["receiver", receiver.url, 'checks signatures with the package "standardwebhooks"'])
  screen.line()
}

async function complain(stack: Stack, screen: Screen, error: unknown): Promise<void> {
  process.exitCode = 1
  await stack.stopKeepingLog()
  if (!(error instanceof StepFailed)) throw error
  const { step, mark = "--", seen } = error.step
  screen.trouble([step, mark, seen])
  for (const reason of error.reasons) screen.line(`   ${reason}`)
  screen.line(`   Full log: ${stack.logFile}        exit 1`)
}

async function stop(stack: Stack, { screen, tour }: { screen: Screen; tour: Promise<void> }): Promise<void> {
  // Counting must not stand in the way of stopping.
  const unsent = await countUnsent(stack).catch(() => 0)
  await stack.stop()
  await tour.catch(() => undefined)
  const left = unsent === 1 ? "1 mail was left unsent." : `${unsent} mails were left unsent.`
  screen.line(unsent === 0 ? "Stopped. Nothing was left unsent." : `Stopped. ${left}`)
}

/** Mails that wait to be tried, or tried again. */
async function countUnsent({ relay, key }: Stack): Promise<number> {
  const api = createApiCalls(relay.url, key)
  const waiting = await api.get("/v1/messages?direction=outbound&status=queued,deferred,scheduled,held&limit=100")
  return (waiting.data as unknown[]).length
}
