import { RelayError } from "@postrider/core/error/relay-error"
import { readConfig } from "@postrider/runtime/config/config"
import { describeSettings } from "@postrider/runtime/config/describe"
import { readEnv } from "@postrider/runtime/config/env"
import { readSecrets } from "@postrider/runtime/config/secrets"
import { createLogger } from "@postrider/runtime/logger"
import { markKeyShown } from "./ensure-install.ts"
import { type Server, startServer } from "./start-server.ts"
import { stopOnSignal } from "./stop-on-signal.ts"

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const complain = (text: string): void => void process.stderr.write(`${text}\n`)

async function main(): Promise<void> {
  const { env, unknown } = readEnv(process.env)
  for (const name of unknown) complain(`${name} is no setting of Postrider; it is ignored.`)
  const { config, problems } = readConfig(env)
  const secrets = problems.length === 0 ? readSecrets(env, config) : undefined
  const all = [...problems, ...(secrets?.problems ?? [])]
  if (secrets === undefined || all.length > 0) {
    complain("Postrider cannot start:")
    for (const problem of all) complain(`  ${problem.setting}: ${problem.reason}; ${problem.fix}.`)
    process.exitCode = 2
    return
  }
  const log = createLogger({ level: config.logLevel })
  log.info("settings", describeSettings(env))
  const server = await start({ config, secrets: secrets.secrets, log })
  if (server === undefined) return
  await greet(server)
  stopOnSignal(() => server.stop())
}

async function start(options: Parameters<typeof startServer>[0]): Promise<Server | undefined> {
  try {
    return await startServer(options)
  } catch (error) {
    if (!(error instanceof RelayError)) throw error
    complain(`Postrider cannot start: ${error.message}`)
    process.exitCode = 2
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
