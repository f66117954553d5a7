import { composeLambda } from "@postrider/runtime/compose-lambda"
import { createWorkerHandler } from "@postrider/runtime/lambda-worker"

/** Delivers events to endpoints. */
export const handler = createWorkerHandler(composeLambda(process.env, { bundleUrl: import.meta.url }), "webhook")
