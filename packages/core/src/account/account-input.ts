import type { Security } from "../ports/mail-server.ts"
import type { AccountSettings, DeletePolicy, OAuth2Settings, ServerTls, SmtpRoute } from "./account.ts"

/** A secret of a body: a text is stored, null removes, absent keeps what is stored. */
export type SecretInput = string | null | undefined

export interface OAuth2Input extends Partial<Record<keyof OAuth2Settings, unknown>> {
  client_id?: string | undefined
  token_url?: string | undefined
  scope?: string | undefined
  grant?: OAuth2Settings["grant"] | undefined
  expires_at?: string | undefined
  client_secret?: SecretInput
  refresh_token?: SecretInput
  access_token?: SecretInput
}

/** A server as the caller describes it: checked field by field, defaults not yet filled in. */
export interface ServerInput {
  host: string
  port?: number | undefined
  security?: Security | undefined
  username?: string | null | undefined
  password?: SecretInput
  oauth2?: OAuth2Input | null | undefined
  tls?: { [Field in keyof ServerTls]?: ServerTls[Field] | undefined } | null | undefined
}

export interface SmtpInput extends ServerInput {
  name?: string | undefined
  priority?: number | undefined
  weight?: number | undefined
  limits?: { [Field in keyof SmtpRoute["limits"]]?: number | null | undefined } | null | undefined
}

export interface Pop3Input extends ServerInput {
  poll_seconds?: number | undefined
  poll_max_seconds?: number | null | undefined
  history?: string | undefined
  delete?: DeletePolicy | undefined
}

export interface ImapInput extends Pop3Input {
  mailboxes?: string[] | undefined
  watch?: ("flags" | "removals")[] | undefined
  mark_seen?: boolean | undefined
  move_to?: string | null | undefined
}

/** Body of POST and PUT of an account, and of PATCH once it is merged. */
export interface AccountInput {
  email: string
  name?: string | null | undefined
  tenant?: string | null | undefined
  smtp?: SmtpInput | SmtpInput[] | null | undefined
  imap?: ImapInput | null | undefined
  pop3?: Pop3Input | null | undefined
  dkim?: { domain: string; selector: string; private_key?: SecretInput } | null | undefined
  domain_limits?: Record<string, { per_minute?: number | undefined; per_day?: number | undefined }> | undefined
  senders?: string[] | undefined
  return_path?: string | null | undefined
  verp?: boolean | undefined
  sent_copy?: AccountSettings["sent_copy"] | undefined
  authserv_ids?: string[] | undefined
  metadata?: Record<string, string> | undefined
}
