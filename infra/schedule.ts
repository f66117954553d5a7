import { createFunction, type Parts } from "./function.ts"
import { scheduleExpression, scheduleRetries } from "./lambda/resources.ts"

/** One tick a minute for the whole relay, whatever the number of accounts. Tried again twice; a minute later it is of no use any more. */
export function createSchedule(parts: Parts): sst.aws.Function {
  const fn = createFunction(parts, "tick")
  new sst.aws.CronV2(`${parts.name}Schedule`, {
    schedule: scheduleExpression,
    function: fn.arn,
    retries: scheduleRetries,
  })
  return fn
}

/** Runs once a deployment, after everything that it looks at. */
export function createBootstrap(parts: Parts): sst.aws.Function {
  const fn = createFunction(parts, "bootstrap")
  new aws.lambda.Invocation(`${parts.name}BootstrapRun`, {
    functionName: fn.name,
    input: "{}",
    triggers: { deployed: fn.nodes.function.lastModified },
  })
  return fn
}
