import * as v from "valibot"
import { secret } from "../../schema/secret.ts"
import { strict } from "../../schema/strict.ts"
import { distinct, flag, id, line } from "../../schema/text.ts"

const url = v.pipe(
  line(2048),
  v.metadata({ description: "https on 443 or 8443.", examples: ["https://app.test/hooks"] }),
)
const types = v.pipe(
  v.array(line(64)),
  v.minLength(1),
  v.maxLength(50),
  distinct(),
  v.metadata({ description: "Event types, `message.*` or `*`.", examples: [["message.received"]] }),
)
const nullableList = (entry: v.GenericSchema<string, string>) =>
  v.nullable(v.pipe(v.array(entry), v.minLength(1), v.maxLength(100), distinct()))
const accounts = nullableList(id)
const texts = nullableList(line(64))
const mailboxes = nullableList(line(255))
const body = v.picklist(["compact", "full", "metadata"])
const format = v.picklist(["standard", "cloudevents"])
const maxInFlight = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100))
const ownSecret = v.pipe(
  v.string(),
  v.maxLength(200),
  v.metadata({ description: "`whsec_` and base64 of 24 to 64 bytes. Write-only.", writeOnly: true }),
)
const headers = v.pipe(v.record(line(100), secret(1024)), v.metadata({ description: "Extra headers. Write-only." }))
const arn = v.pipe(v.string(), v.metadata({ description: "Not supported yet." }))

const readOnly = [
  "state",
  "disabled_reason",
  "consecutive_failures",
  "failing_since",
  "last_success_at",
  "last_error",
  "paused_until",
  "api_version",
  "secrets",
  "created_at",
  "updated_at",
]

/** Body of POST and PUT; fields left out get their defaults. */
export const endpointInput = strict(
  {
    id: v.optional(id),
    url: v.optional(url),
    arn: v.optional(arn),
    types,
    accounts: v.optional(accounts, null),
    tenants: v.optional(texts, null),
    mailboxes: v.optional(mailboxes, null),
    tags: v.optional(texts, null),
    body: v.optional(body, "compact"),
    format: v.optional(format, "standard"),
    links: v.optional(v.boolean(), false),
    max_in_flight: v.optional(maxInFlight, 8),
    ordered: v.optional(v.boolean(), false),
    test: v.optional(v.boolean(), false),
    headers: v.optional(headers),
    secret: v.optional(ownSecret),
  },
  readOnly,
)

/** Body of PATCH: a JSON merge patch. */
export const endpointPatch = strict(
  {
    url: v.optional(url),
    arn: v.optional(arn),
    types: v.optional(types),
    accounts: v.optional(accounts),
    tenants: v.optional(texts),
    mailboxes: v.optional(mailboxes),
    tags: v.optional(texts),
    body: v.optional(v.nullable(body)),
    format: v.optional(v.nullable(format)),
    links: v.optional(v.nullable(v.boolean())),
    max_in_flight: v.optional(v.nullable(maxInFlight)),
    ordered: v.optional(v.nullable(v.boolean())),
    test: v.optional(v.nullable(v.boolean())),
    headers: v.optional(v.nullable(headers)),
    secret: v.optional(ownSecret),
  },
  [...readOnly, "id"],
)

export const rotation = strict({
  overlap_seconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(7 * 86_400)), 86_400),
  secret: v.optional(ownSecret),
})

export const verifyQuery = strict({
  verify: v.optional(
    v.pipe(flag, v.metadata({ description: "`true`: save it only if it answers a ping with 2xx." })),
    "false",
  ),
})

const nullableText = v.nullable(v.string())

/** An endpoint as it is read back. */
export const shownEndpoint = v.pipe(
  v.object({
    id: v.string(),
    url: v.string(),
    types: v.array(v.string()),
    accounts: v.nullable(v.array(v.string())),
    tenants: v.nullable(v.array(v.string())),
    mailboxes: v.nullable(v.array(v.string())),
    tags: v.nullable(v.array(v.string())),
    body,
    format,
    links: v.boolean(),
    max_in_flight: v.number(),
    ordered: v.boolean(),
    test: v.boolean(),
    state: v.picklist(["enabled", "failing", "disabled"]),
    disabled_reason: nullableText,
    consecutive_failures: v.number(),
    failing_since: nullableText,
    last_success_at: nullableText,
    last_error: v.nullable(v.object({ reason: v.string(), detail: v.string(), at: v.string() })),
    paused_until: nullableText,
    api_version: v.string(),
    secrets: v.pipe(v.array(v.string()), v.metadata({ description: "Paths of what is set and never shown." })),
    created_at: v.string(),
    updated_at: v.string(),
    secret: v.optional(v.pipe(v.string(), v.metadata({ description: "Only in the answer that makes it." }))),
  }),
  v.metadata({ ref: "Endpoint" }),
)

/** One try over HTTP. */
export const webhookAttempt = v.pipe(
  v.object({
    event: v.string(),
    endpoint: v.string(),
    attempt: v.number(),
    trigger: v.picklist(["scheduled", "manual", "replay", "test"]),
    at: v.string(),
    outcome: v.picklist(["delivered", "failed"]),
    status: v.nullable(v.number()),
    error: nullableText,
    response: v.pipe(nullableText, v.metadata({ description: "First 4 KB of the answer." })),
    duration_ms: v.number(),
    next_attempt_at: nullableText,
  }),
  v.metadata({ ref: "WebhookAttempt" }),
)
