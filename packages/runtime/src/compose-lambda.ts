import type { AwsEngine } from "@postrider/engines/aws/engine"
import { assembleRelay, guardOf, type Relay } from "./assemble-relay.ts"
import type { Config } from "./config/config.ts"
import { readSecrets, type Secrets, secretProblems } from "./config/secrets.ts"
import { createLazyDrivers } from "./lazy-drivers.ts"
import { parseLimits } from "./parse-options.ts"
import { refuseBlockedPort } from "./refuse-blocked-port.ts"
import { refuse, startOnLambda } from "./start-on-lambda.ts"

export interface LambdaRelay {
  relay: Relay
  engine: AwsEngine
  config: Config
  secrets: Secrets
}

export interface ComposeLambdaOptions {
  /** Where the bundle lies: the parser's worker stands beside it. */
  bundleUrl: string
  /** Base of links where POSTRIDER_PUBLIC_URL does not say. */
  publicUrl?: string
}

/** The jobs of a batch end together: one that waits for a connection of another costs nothing, one that comes again a message. */
const placeWaitMs = 20_000
const parseWorker = "./parse-worker.mjs"

/**
 * Puts the drivers behind the ports of a function: the aws engine, shared with others, and mail drivers that are read when used.
 * @throws Error naming every setting that is wrong.
 */
export function composeLambda(
  variables: Record<string, string | undefined>,
  { bundleUrl, publicUrl }: ComposeLambdaOptions,
): LambdaRelay {
  const start = startOnLambda(variables)
  const { env, config, clock, log, engine } = start
  refuse(secretProblems(env))
  const { secrets, problems } = readSecrets(env, config)
  refuse(problems)
  const vet = refuseBlockedPort(guardOf(config, clock), config.allowPorts)
  const parse = { ...parseLimits, maxBytes: config.maxMessageBytes, workerUrl: new URL(parseWorker, bundleUrl) }
  const relay = assembleRelay({
    ...start,
    secrets,
    publicUrl: config.publicUrl ?? publicUrl ?? "",
    vet,
    drivers: createLazyDrivers({ vet, clock, log, parse }),
    soleOwner: false,
    placeWaitMs,
  })
  return { relay, engine, config, secrets }
}
