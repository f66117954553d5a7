import * as v from "valibot"
import { strict } from "../../schema/strict.ts"
import { flag } from "../../schema/text.ts"

/** Query of POST and PUT: save only what can log in. */
export const verifyQuery = strict({
  verify: v.optional(
    v.pipe(flag, v.metadata({ description: "`true`: save only settings whose servers can be logged in to." })),
  ),
})

const check = v.object({
  protocol: v.picklist(["smtp", "imap", "pop3"]),
  host: v.string(),
  port: v.number(),
  security: v.picklist(["tls", "starttls", "none"]),
  ok: v.boolean(),
  stage: v.pipe(v.string(), v.metadata({ description: "Where it ended." })),
  tls: v.nullable(v.looseObject({ version: v.string() })),
  capabilities: v.array(v.string()),
  authenticated: v.boolean(),
  response: v.pipe(v.nullable(v.string()), v.metadata({ description: "The server's own words." })),
  class: v.nullable(v.string()),
  fix: v.nullable(v.string()),
})

export const verification = v.pipe(
  v.object({
    ok: v.boolean(),
    checks: v.array(check),
    suggestion: v.optional(
      v.pipe(v.record(v.string(), v.unknown()), v.metadata({ description: "Settings that work." })),
    ),
  }),
  v.metadata({ ref: "Verification" }),
)
