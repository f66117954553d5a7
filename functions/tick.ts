import { createTickHandler } from "@postrider/runtime/lambda-tick"
import { startOnLambda } from "@postrider/runtime/start-on-lambda"

/** Every minute: sends the jobs of what is due. */
export const handler = createTickHandler(startOnLambda(process.env))
