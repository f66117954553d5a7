import { type FieldError, RelayError } from "../error/relay-error.ts"
import type { AccountSettings, ServerSettings } from "./account.ts"
import { serversOf } from "./split-secrets.ts"

interface Row {
  pointer: string
  used(settings: AccountSettings): boolean
}

const anyServer = (settings: AccountSettings, test: (server: ServerSettings) => boolean): boolean =>
  [...serversOf(settings).values()].some(test)

/**
 * Settings of the contract that nothing acts on yet. They are refused rather than stored and ignored; whoever makes one work
 * deletes its row.
 */
const rows: Row[] = [
  { pointer: "/dkim", used: ({ dkim }) => dkim !== null },
  { pointer: "/verp", used: ({ verp }) => verp },
  { pointer: "/domain_limits", used: ({ domain_limits }) => Object.keys(domain_limits).length > 0 },
  { pointer: "/sent_copy", used: ({ sent_copy }) => sent_copy === "always" },
  {
    pointer: "/smtp/limits",
    used: ({ smtp }) =>
      smtp.some(({ limits }) => (limits.per_second ?? limits.per_minute ?? limits.per_day) !== undefined),
  },
  { pointer: "/imap/watch", used: ({ imap }) => (imap?.watch.length ?? 0) > 0 },
  { pointer: "/imap/move_to", used: ({ imap }) => imap !== null && imap.move_to !== null },
  { pointer: "/poll_max_seconds", used: ({ imap, pop3 }) => (imap ?? pop3)?.poll_max_seconds != null },
  {
    pointer: "/oauth2",
    used: (settings) =>
      anyServer(settings, ({ oauth2 }) => oauth2?.grant !== undefined || oauth2?.token_url !== undefined),
  },
]

/** @throws RelayError `unsupported` naming the settings that this version does not act on. */
export function refuseUnsupported(settings: AccountSettings): void {
  const errors = rows
    .filter((row) => row.used(settings))
    .map(({ pointer }): FieldError => {
      return {
        pointer,
        code: "unsupported",
        detail: `${pointer.slice(1).replaceAll("/", ".")} is not supported by this version.`,
      }
    })
  if (errors.length === 0) return
  throw new RelayError("unsupported", errors.map(({ detail }) => detail).join(" "), {
    errors,
    fix: "Leave the named settings out.",
  })
}
