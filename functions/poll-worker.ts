import { composeLambda } from "@postrider/runtime/compose-lambda"
import { createWorkerHandler } from "@postrider/runtime/lambda-worker"

/** Polls mailboxes: a batch of jobs, each of up to ten accounts of one host. */
export const handler = createWorkerHandler(composeLambda(process.env, { bundleUrl: import.meta.url }), "poll")
