import { RelayError } from "@postrider/core/error/relay-error"
import { type Problem, readConfig } from "@postrider/runtime/config/config"
import { describeSettings } from "@postrider/runtime/config/describe"
import { readEnv } from "@postrider/runtime/config/env"
import { readSecrets, secretProblems } from "@postrider/runtime/config/secrets"
import { markKeyShown } from "@postrider/runtime/ensure-install"
import { createLogger } from "@postrider/runtime/logger"
import { type Server, startServer } from "./start-server.ts"
import { stopOnSignal } from "./stop-on-signal.ts"

const exitCodes = { cannotStart: 1, badSettings: 2 }

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const complain = (text: string): void => void process.stderr.write(`${text}\n`)

async function main(): Promise<void> {
  const { env, unknown } = readEnv(process.env)
  for (const name of unknown) complain(`${name} is no setting of Postrider; it is ignored.`)
  const { config, problems } = readConfig(env)
  problems.push(...secretProblems(env))
  if (problems.length > 0) return refuse(problems)
  const { secrets, problems: kept } = readSecrets(env, config)
  if (kept.length > 0) return refuse(kept)
  const log = createLogger({ level: config.logLevel })
  log.info("settings", describeSettings(env))
  const server = await start({ config, secrets, log })
  if (server === undefined) return
  stopOnSignal(() => server.stop())
  await greet(server)
}

function refuse(problems: Problem[]): void {
  complain("Postrider cannot start:")
  for (const { setting, reason, fix } of problems) complain(`  ${setting}: ${reason}; ${fix}.`)
  process.exitCode = exitCodes.badSettings
}

async function start(options: Parameters<typeof startServer>[0]): Promise<Server | undefined> {
  try {
    return await startServer(options)
  } catch (error) {
    if (!(error instanceof RelayError)) throw error
    complain(`Postrider cannot start: ${error.message}`)
    if (error.options.fix !== undefined) complain(`  ${error.options.fix}`)
    process.exitCode = exitCodes.cannotStart
    return undefined
  }
}

async function greet(server: Server): Promise<void> {
  say(`Postrider listens on ${server.url}    docs: ${server.url}/docs`)
  if (server.newKey === null) return
  say("")
  say("   This is your key. It has every right and is shown this once:")
  say("")
  say(`   export POSTRIDER_URL=${server.url} POSTRIDER_KEY=${server.newKey}`)
  say("")
  await markKeyShown(server.relay.ports)
}

await main()
