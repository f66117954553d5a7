import { type FieldError, RelayError } from "../error/relay-error.ts"
import type { AccountRecord } from "./account.ts"

/** Octets of settings and sealed secrets. A record holds 100 KB, and what its parts answer last needs the rest. */
const maxBytes = 76_000

/** @throws RelayError `invalid_request` naming the field that takes most of the room, when settings and secrets are too large to be stored. */
export function checkAccountSize({ settings, secrets }: Pick<AccountRecord, "settings" | "secrets">): void {
  const size = bytesOf(settings) + bytesOf(secrets)
  if (size <= maxBytes) return
  const largest = fieldsOf({ settings, secrets }).reduce((a, b) => (b.size > a.size ? b : a))
  const detail = `The account would take ${size} octets, secrets included; ${maxBytes} are the most. ${largest.pointer} takes ${largest.size}.`
  const error: FieldError = { pointer: largest.pointer, code: "too_long", detail }
  throw new RelayError("invalid_request", detail, { errors: [error], fix: "Shorten the named field." })
}

function fieldsOf({
  settings,
  secrets,
}: Pick<AccountRecord, "settings" | "secrets">): { pointer: string; size: number }[] {
  const { smtp, imap, pop3, ...rest } = settings
  return [
    ...Object.entries(rest).map(([name, value]) => field(`/${name}`, value)),
    ...Object.entries(secrets).map(([pointer, sealed]) => field(pointer, sealed)),
    ...smtp.map(({ tls }, at) => field(`/smtp/${at}/tls/ca`, tls?.ca)),
    field("/imap/tls/ca", imap?.tls?.ca),
    field("/pop3/tls/ca", pop3?.tls?.ca),
    field("/imap/mailboxes", imap?.mailboxes),
  ]
}

const field = (pointer: string, value: unknown) => ({ pointer, size: value === undefined ? 0 : bytesOf(value) })

const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length
