import { getConnInfo, handle, type LambdaContext, type LambdaEvent } from "hono/aws-lambda"
import { createApi } from "./app.ts"
import type { ApiDeps } from "./env.ts"

/** Lambda takes 6 MB a request, and base64 makes four octets of three. */
const maxJsonBytes = 4 * 1024 * 1024

type Deps = Omit<ApiDeps, "limits" | "clientAddress">
type Handler = ReturnType<typeof handle>

/**
 * The API as a Lambda function, for function URLs and HTTP APIs alike (payload 2.0). `compose` is called at the first request, with
 * the address it was sent to, and again after it failed.
 */
export function createLambdaApi(compose: (publicUrl: string) => Promise<Deps>) {
  let started: Promise<Handler> | undefined

  async function start(event: LambdaEvent): Promise<Handler> {
    const deps = await compose(urlOf(event))
    const api = createApi({
      ...deps,
      limits: { maxJsonBytes },
      clientAddress: (c) => getConnInfo(c).remote.address ?? null,
    })
    return handle(api)
  }

  return async (event: LambdaEvent, context: LambdaContext) => {
    started ??= start(event).catch((error: unknown) => {
      started = undefined
      throw error
    })
    return (await started)(event, context)
  }
}

/** AWS writes the domain name, not the caller. */
function urlOf({ requestContext }: LambdaEvent): string {
  const domain = "domainName" in requestContext ? requestContext.domainName : undefined
  return typeof domain === "string" ? `https://${domain}` : ""
}
