import * as v from "valibot"
import { fieldFault } from "../../schema/field-fault.ts"
import { secret } from "../../schema/secret.ts"
import { strict } from "../../schema/strict.ts"
import { line, time } from "../../schema/text.ts"

const host = v.pipe(
  line(255),
  v.check(
    (text) => /^[\p{L}\p{N}](?:[\p{L}\p{N}._-]*[\p{L}\p{N}])?\.?$/u.test(text) || /^[0-9a-f:.]+$/i.test(text),
    fieldFault("invalid_format", "must be a host name or an IP address, without scheme, port or path"),
  ),
  v.transform((text) => text.replace(/\.$/, "")),
)

const port = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535))

const tls = strict({
  ca: v.optional(
    v.pipe(
      v.string(),
      v.maxLength(65_536),
      v.includes("-----BEGIN CERTIFICATE-----", fieldFault("invalid_format", "must hold certificates in PEM")),
    ),
  ),
  server_name: v.optional(line(255)),
  fingerprint_sha256: v.optional(
    v.pipe(
      v.string(),
      v.regex(/^(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/i, fieldFault("invalid_format", "must be SHA-256 in hex")),
      v.transform((text) => text.replaceAll(":", "").toLowerCase()),
    ),
  ),
  min_version: v.optional(v.picklist(["TLSv1.2", "TLSv1.3"])),
})

const oauth2 = strict({
  client_id: v.optional(line(512)),
  client_secret: v.optional(secret(4096)),
  refresh_token: v.optional(secret(8192)),
  access_token: v.optional(secret(16_384)),
  token_url: v.optional(
    v.pipe(
      line(2048),
      v.check(
        (text) => URL.canParse(text) && text.startsWith("https://"),
        fieldFault("invalid_format", "must be an https URL"),
      ),
    ),
  ),
  scope: v.optional(line(2048)),
  grant: v.optional(v.picklist(["refresh_token", "client_credentials"])),
  expires_at: v.optional(time),
})

/** Fields of every server. */
const serverEntries = {
  host,
  port: v.optional(port),
  security: v.optional(v.picklist(["tls", "starttls", "none"])),
  username: v.optional(v.nullable(line(512))),
  password: v.optional(secret(4096)),
  oauth2: v.optional(v.nullable(oauth2)),
  tls: v.optional(v.nullable(tls)),
}

const status = ["state", "last_error", "last_poll_at", "next_poll_at", "lag_seconds", "consecutive_failures", "health"]
const cap = (max: number) => v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max))))

export const smtpRoute = strict(
  {
    name: v.optional(
      v.pipe(
        line(64),
        v.regex(/^[A-Za-z0-9._:-]+$/, fieldFault("invalid_format", "must be made of A-Z, a-z, 0-9, . _ : and -")),
      ),
    ),
    ...serverEntries,
    priority: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(1000))),
    weight: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))),
    limits: v.optional(
      v.nullable(
        strict({
          per_second: cap(10_000),
          per_minute: cap(600_000),
          per_day: cap(100_000_000),
          connections: cap(100),
          recipients: cap(1000),
        }),
      ),
    ),
  },
  status,
)

const intakeEntries = {
  ...serverEntries,
  poll_seconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(86_400))),
  poll_max_seconds: v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(604_800)))),
  history: v.optional(v.union([v.picklist(["new", "all"]), historyDate()])),
  delete: v.optional(
    v.union([
      v.picklist(["never", "after_store"]),
      strict({ after_days: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(3650)) }),
    ]),
  ),
}

export const pop3Intake = strict(intakeEntries, status)

export const imapIntake = strict(
  {
    ...intakeEntries,
    mailboxes: v.optional(v.pipe(v.array(line(1000)), v.minLength(1), v.maxLength(100))),
    watch: v.optional(v.pipe(v.array(v.picklist(["flags", "removals"])), v.maxLength(2))),
    mark_seen: v.optional(v.boolean()),
    move_to: v.optional(v.nullable(line(1000))),
  },
  status,
)

/** `2026-11-01`, or an RFC 3339 time. */
function historyDate() {
  return v.pipe(
    v.string(),
    v.transform((text) => (/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text)),
    v.check(
      (text) =>
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
      fieldFault("invalid_format", "must be new, all, a date, or an RFC 3339 time"),
    ),
    v.transform((text) => new Date(text).toISOString()),
  )
}
