import { RelayError } from "@postrider/core/error/relay-error"
import { entityTag, type Precondition } from "@postrider/core/record/precondition"
import type { ApiContext } from "./env.ts"

/** If-Match and If-None-Match of a request; undefined without them. */
export function preconditions(c: ApiContext): Precondition | undefined {
  const ifMatch = tags(c.req.header("if-match"), "If-Match")
  const ifNoneMatch = tags(c.req.header("if-none-match"), "If-None-Match")
  if (ifMatch === undefined && ifNoneMatch === undefined) return undefined
  return { ...(ifMatch === undefined ? {} : { ifMatch }), ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }) }
}

/** The ETag header of a record. */
export function etag(record: { created_at: string; revision: number }): string {
  return `"${entityTag(record)}"`
}

function tags(header: string | undefined, name: string): string[] | undefined {
  if (header === undefined) return undefined
  return header.split(",").map((part) => {
    const text = part.trim()
    if (text === "*") return text
    const tag = /^(?:W\/)?"([\x21\x23-\x7e]*)"$/.exec(text)?.[1]
    if (tag !== undefined) return tag
    throw new RelayError("invalid_request", `${name} is not a list of quoted entity tags.`, {
      errors: [{ parameter: name, code: "invalid_format", detail: `${name} must be * or tags in double quotes.` }],
    })
  })
}
