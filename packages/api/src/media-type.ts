import type { ApiContext } from "./env.ts"

/** The request's media type without parameters, lower case; empty where there is none. */
export function mediaType(c: ApiContext): string {
  return (c.req.header("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? ""
}

export const rawMailType = "message/rfc822"
