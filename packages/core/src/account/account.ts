import type { FaultClass } from "../ports/mail-fault.ts"
import type { Security } from "../ports/mail-server.ts"

/** Settings as on the wire (`api.md`, Accounts), with every secret left out and every default filled in. */
export interface ServerTls {
  ca?: string
  server_name?: string
  fingerprint_sha256?: string
  min_version?: "TLSv1.2" | "TLSv1.3"
}

export interface OAuth2Settings {
  client_id?: string
  token_url?: string
  scope?: string
  grant?: "refresh_token" | "client_credentials"
  expires_at?: string
}

export interface ServerSettings {
  host: string
  port: number
  security: Security
  username?: string
  oauth2?: OAuth2Settings
  tls?: ServerTls
}

export interface SmtpRoute extends ServerSettings {
  name: string
  priority: number
  weight: number
  limits: { per_second?: number; per_minute?: number; per_day?: number; connections?: number; recipients?: number }
}

/** `new`: mail that arrives from the creation of the account on; `all`; or an RFC 3339 date. */
export type History = string

export type DeletePolicy = "never" | "after_store" | { after_days: number }

export interface Pop3Intake extends ServerSettings {
  poll_seconds: number
  poll_max_seconds: number | null
  history: History
  delete: DeletePolicy
}

export interface ImapIntake extends Pop3Intake {
  mailboxes: string[]
  watch: ("flags" | "removals")[]
  mark_seen: boolean
  move_to: string | null
}

export interface AccountSettings {
  email: string
  name: string | null
  tenant: string | null
  smtp: SmtpRoute[]
  imap: ImapIntake | null
  pop3: Pop3Intake | null
  dkim: { domain: string; selector: string } | null
  domain_limits: Record<string, { per_minute?: number; per_day?: number }>
  senders: string[]
  return_path: string | null
  verp: boolean
  sent_copy: "auto" | "always" | "never"
  authserv_ids: string[]
  metadata: Record<string, string>
}

/** State of one part of an account, worst first. */
export const partStates = ["auth_failed", "misconfigured", "unreachable", "connecting", "ok", "paused"] as const
export type PartState = (typeof partStates)[number]

/** Part of an account that works or fails by itself: `imap`, `pop3`, or `smtp:<route name>`. */
export type PartName = "imap" | "pop3" | `smtp:${string}`

export interface LastError {
  part: PartName
  class: FaultClass
  code: string | null
  response: string | null
  fix: string | null
  /** RFC 3339. */
  at: string
}

export interface PartStatus {
  state: Exclude<PartState, "paused">
  paused: boolean
  last_error: LastError | null
  /** Refusals or failures since the last success. */
  consecutive_failures: number
  last_success_at: string | null
  /** Not tried before; milliseconds since the epoch. */
  retryAt: number
  /** An `account.failed` was announced and no `account.recovered` since. */
  announced: boolean
  /** It worked at least once since its settings were written. */
  everOk: boolean
}

/** A change of a part's state that is told of; its event is made when it is announced. */
export interface AccountNote {
  type: "account.failed" | "account.recovered"
  part: PartName
  /** Milliseconds. */
  at: number
}

/** Body of `acc#<id>`. */
export interface AccountRecord {
  id: string
  /** Drawn at creation; ids of received mail hang on it (mail-rules A1). */
  incarnation: string
  created_at: string
  updated_at: string
  settings: AccountSettings
  /** Sealed secrets by JSON Pointer into the settings, routes by name: `/imap/password`, `/smtp/primary/password`, `/dkim/private_key`. */
  secrets: Record<string, string>
  /** Grows when settings are written; the ETag. State changes leave it alone. */
  revision: number
  /** Grows when host, port or username of the intake change (mail-rules A3). */
  intakeGeneration: number
  status: Partial<Record<PartName, PartStatus>>
  /** Of the last poll that was written down: quiet ones are, every 15 minutes. */
  last_poll_at: string | null
  /** Of the request that made it, where that may be repeated. */
  origin?: string
  /** Changes that are not yet told of, or were told just now; absent without. */
  announce?: AccountNote[]
}

export const accountRecordId = (id: string): string => `acc#${id}`
/** Binds a sealed secret to its account and place. */
export const secretContext = (account: string, pointer: string): string => `account:${account}:${pointer}`
