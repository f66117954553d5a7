import { composeLambda } from "@postrider/runtime/compose-lambda"
import { createWorkerHandler } from "@postrider/runtime/lambda-worker"

/** Relays mail: a batch of jobs side by side. */
export const handler = createWorkerHandler(composeLambda(process.env, { bundleUrl: import.meta.url }), "outbound")
