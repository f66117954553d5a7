import { queueNames } from "@postrider/core/job/job"
import { stopOnSignal } from "../stop-on-signal.ts"
import { showDelivery, showPlayground } from "./playground.ts"
import { createScreen, type Screen, shownTime } from "./screen.ts"
import { type Stack, startStack } from "./start-stack.ts"
import { StepFailed } from "./step-failed.ts"
import { runTour } from "./tour.ts"

const once = process.argv.includes("--once")
const colours = process.stdout.isTTY === true && process.env.NO_COLOR === undefined

async function main(): Promise<void> {
  const screen = createScreen(process.stdout, colours)
  screen.line()
  screen.line("Postrider demo. One mail goes out over SMTP and comes back over IMAP and POP3 as signed webhooks.")
  screen.line("Everything runs on this machine; nothing leaves it.")
  screen.line()
  const stack = await startStack()
  stopOnSignal(() => stop(stack, screen))
  introduce(stack, screen)
  try {
    await runTour(stack, screen)
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
    complain(stack, screen, error)
    process.exitCode = 1
    await stack.stopKeepingLog()
    return
  }
  if (once) {
    await stack.stop()
    return
  }
  showPlayground(stack, screen)
  stack.receiver.onDelivery((delivery) => showDelivery(delivery, screen))
}

function introduce(stack: Stack, screen: Screen): void {
  const { relay, sandbox, receiver, dir, took, movedFrom } = stack
  const { smtp, imap, pop3, control } = sandbox.ports
  if (movedFrom !== null) screen.line(`   Port ${movedFrom} is taken; the relay listens on ${relay.port} instead.`)
  screen.row(["relay", "", `${relay.url}   embedded store in ${dir}`], shownTime(took.relay))
  screen.row(
    ["sandbox", "", `smtp :${smtp}  imap :${imap}  pop3 :${pop3}  control :${control}   a mail server for play`],
    shownTime(took.sandbox),
  )
  screen.row(["receiver", "", `${receiver.url}   checks signatures with the package "standardwebhooks"`])
  screen.line()
}

function complain(stack: Stack, screen: Screen, error: StepFailed): void {
  screen.trouble(`   Expected ${error.message}.`)
  for (const line of error.seen) screen.line(`   ${line}`)
  screen.line(`   Full log: ${stack.logFile}        exit 1`)
}

async function stop(stack: Stack, screen: Screen): Promise<void> {
  const { jobs } = stack.relay.relay.ports
  const depths = await Promise.all(queueNames.map((queue) => jobs.depth(queue)))
  const unsent = (depths[0]?.waiting ?? 0) + (depths[0]?.delayed ?? 0)
  await stack.stop()
  screen.line(
    unsent === 0 ? "Stopped. Nothing was left unsent." : `Stopped. ${unsent} mails were waiting to be tried again.`,
  )
}

await main()
