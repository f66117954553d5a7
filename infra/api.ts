import { createFunction, type Parts } from "./function.ts"

export interface Api {
  url: $util.Output<string>
  function: sst.aws.Function
}

/** The HTTP API: a function URL, or an HTTP API of API Gateway where a domain or one was asked for. No CORS: keys belong on servers. */
export function createApi(parts: Parts): Api {
  const { name, settings } = parts
  if (settings.api !== "http" && settings.domain === undefined) {
    const fn = createFunction(parts, "api", { url: { authorization: "none", cors: false } })
    return { url: fn.url, function: fn }
  }
  const gateway = new sst.aws.ApiGatewayV2(`${name}Http`, {
    cors: false,
    accessLog: { retention: settings.logRetention ?? "1 month" },
    ...(settings.domain !== undefined && { domain: settings.domain }),
  })
  const fn = createFunction(parts, "api", { environment: { POSTRIDER_PUBLIC_URL: gateway.url } })
  gateway.route("$default", fn.arn)
  return { url: gateway.url, function: fn }
}
