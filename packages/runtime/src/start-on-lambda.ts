import type { Clock } from "@postrider/core/ports/clock"
import type { Ids } from "@postrider/core/ports/ids"
import type { Logger } from "@postrider/core/ports/logger"
import { type AwsEngine, createAwsEngine } from "@postrider/engines/aws/engine"
import { createClock } from "./clock.ts"
import { type Config, type Problem, readConfig } from "./config/config.ts"
import { type Env, readEnv } from "./config/env.ts"
import { createIds } from "./ids.ts"
import { createLogger } from "./logger.ts"

/** What every function begins with. */
export interface LambdaStart {
  env: Env
  config: Config
  clock: Clock
  ids: Ids
  log: Logger
  engine: AwsEngine
}

/**
 * Reads the settings and opens the engine, once for each container; sends nothing yet.
 * @throws Error naming every setting that is wrong, which ends the container's init and stands in its log.
 */
export function startOnLambda(variables: Record<string, string | undefined>): LambdaStart {
  const { env } = readEnv(variables)
  const { config, problems } = readConfig(env)
  refuse(problems)
  if (config.engine.kind !== "aws") throw new Error("POSTRIDER_ENGINE: a function runs on the aws engine alone")
  const clock = createClock()
  const ids = createIds({ clock })
  const log = createLogger({ level: config.logLevel })
  return { env, config, clock, ids, log, engine: createAwsEngine({ ...config.engine, clock, ids }) }
}

/** @throws Error when there are any. */
export function refuse(problems: readonly Problem[]): void {
  if (problems.length === 0) return
  throw new Error(problems.map(({ setting, reason, fix }) => `${setting}: ${reason}; ${fix}`).join("\n"))
}
