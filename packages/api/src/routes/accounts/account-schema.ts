import * as v from "valibot"
import { plainAddress } from "../../schema/address.ts"
import { dictionary } from "../../schema/dictionary.ts"
import { fieldFault } from "../../schema/field-fault.ts"
import { secret } from "../../schema/secret.ts"
import { strict } from "../../schema/strict.ts"
import { distinct, id, line, metadata } from "../../schema/text.ts"
import { imapIntake, pop3Intake, smtpRoute } from "./server-schema.ts"

const sender = v.union([
  plainAddress,
  v.pipe(
    line(320),
    v.regex(/^(?:\*@[^@\s]+|\*)$/, fieldFault("invalid_address", "must be an address, *@domain or *")),
    v.transform((text) => text.toLowerCase()),
  ),
])

const perTime = v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000_000)))

const entries = {
  email: plainAddress,
  name: v.optional(v.nullable(line(200))),
  tenant: v.optional(v.nullable(line(64))),
  smtp: v.optional(v.nullable(v.union([smtpRoute, v.pipe(v.array(smtpRoute), v.maxLength(20))]))),
  imap: v.optional(v.nullable(imapIntake)),
  pop3: v.optional(v.nullable(pop3Intake)),
  dkim: v.optional(
    v.nullable(strict({ domain: line(255), selector: line(63), private_key: v.optional(secret(16_384)) })),
  ),
  domain_limits: v.optional(dictionary(line(255), strict({ per_minute: perTime, per_day: perTime }))),
  senders: v.optional(v.pipe(v.array(sender), v.maxLength(100), distinct())),
  return_path: v.optional(v.nullable(plainAddress)),
  verp: v.optional(v.boolean()),
  sent_copy: v.optional(v.picklist(["auto", "always", "never"])),
  authserv_ids: v.optional(v.pipe(v.array(line(255)), v.maxLength(20), distinct())),
  metadata: v.optional(metadata),
}

const readOnly = [
  "secrets",
  "state",
  "last_error",
  "last_poll_at",
  "next_poll_at",
  "lag_seconds",
  "consecutive_failures",
  "created_at",
  "updated_at",
]

/** Body of POST and PUT. */
export const accountInput = strict({ id: v.optional(id), ...entries }, readOnly)

/** What a merged PATCH must be. */
export const mergedAccount = strict(entries, [...readOnly, "id"])

/** Body of PATCH: a JSON merge patch of the settings. The merged result is checked by `mergedAccount`. */
export const accountPatch = dictionary(v.string(), v.unknown())

export const pauseInput = strict({ parts: v.optional(v.pipe(v.array(line(80)), v.minLength(1), v.maxLength(50))) })

/** An account as it is read back. */
export const shownAccount = v.pipe(
  v.looseObject({
    id: v.string(),
    email: v.string(),
    name: v.nullable(v.string()),
    tenant: v.nullable(v.string()),
    smtp: v.array(v.looseObject({ name: v.string(), host: v.string(), port: v.number(), state: v.string() })),
    imap: v.nullable(v.looseObject({ host: v.string(), port: v.number(), state: v.string() })),
    pop3: v.nullable(v.looseObject({ host: v.string(), port: v.number(), state: v.string() })),
    senders: v.array(v.string()),
    return_path: v.nullable(v.string()),
    metadata: v.record(v.string(), v.string()),
    secrets: v.pipe(
      v.array(v.string()),
      v.metadata({ description: "Places of the stored secrets; never their values." }),
    ),
    state: v.picklist(["auth_failed", "misconfigured", "unreachable", "connecting", "ok", "paused"]),
    last_error: v.nullable(
      v.object({
        part: v.string(),
        class: v.string(),
        code: v.nullable(v.string()),
        response: v.nullable(v.string()),
        fix: v.nullable(v.string()),
        at: v.string(),
      }),
    ),
    consecutive_failures: v.number(),
    last_poll_at: v.nullable(v.string()),
    next_poll_at: v.nullable(v.string()),
    lag_seconds: v.number(),
    created_at: v.string(),
    updated_at: v.string(),
  }),
  v.metadata({ ref: "Account" }),
)
