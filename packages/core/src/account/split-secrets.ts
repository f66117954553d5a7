import { type FieldError, RelayError } from "../error/relay-error.ts"
import type { AccountSettings, PartName, ServerSettings } from "./account.ts"
import type { AccountInput, SecretInput, ServerInput } from "./account-input.ts"
import { serverPointer } from "./secret-pointer.ts"

/** Secrets of a body by their pointer (routes by name): a text to store, null to remove. Absent ones are not in it. */
export type GivenSecrets = Map<string, string | null>

/** Picks the secrets out of a body. `settings` are what it was normalised to: they know the names of its routes. */
export function splitSecrets(input: AccountInput, settings: AccountSettings): GivenSecrets {
  const given: GivenSecrets = new Map()
  const take = (pointer: string, value: SecretInput): void => {
    if (value !== undefined) given.set(pointer, value)
  }
  const takeServer = (part: PartName, server: ServerInput): void => {
    const pointer = serverPointer(part)
    take(`${pointer}/password`, server.password)
    take(`${pointer}/oauth2/client_secret`, server.oauth2?.client_secret)
    take(`${pointer}/oauth2/refresh_token`, server.oauth2?.refresh_token)
    take(`${pointer}/oauth2/access_token`, server.oauth2?.access_token)
  }
  const routes = Array.isArray(input.smtp) ? input.smtp : input.smtp ? [input.smtp] : []
  settings.smtp.forEach(({ name }, at) => {
    const route = routes[at]
    if (route !== undefined) takeServer(`smtp:${name}`, route)
  })
  if (input.imap) takeServer("imap", input.imap)
  if (input.pop3) takeServer("pop3", input.pop3)
  take("/dkim/private_key", input.dkim?.private_key)
  return given
}

/** Parts with their servers. */
export function serversOf(settings: AccountSettings): Map<PartName, ServerSettings> {
  const servers = new Map<PartName, ServerSettings>(settings.smtp.map((route) => [`smtp:${route.name}`, route]))
  if (settings.imap !== null) servers.set("imap", settings.imap)
  if (settings.pop3 !== null) servers.set("pop3", settings.pop3)
  return servers
}

export interface SecretChange {
  before: AccountSettings | null
  after: AccountSettings
  /** Sealed, by pointer. */
  stored: Readonly<Record<string, string>>
  given: GivenSecrets
}

/**
 * Pointers of stored secrets that stay. A secret is kept only for the server it was given for.
 * @throws RelayError `secret_required` when a server changed its address, transport or user without its secrets, or has a user
 * and no password; `unsupported` for OAuth without an access token, which nothing fetches.
 */
export function keptSecrets({ before, after, stored, given }: SecretChange): Set<string> {
  const kept = new Set<string>()
  const errors: FieldError[] = []
  const tokenless: FieldError[] = []
  const old = before === null ? new Map<PartName, ServerSettings>() : serversOf(before)
  for (const [part, server] of serversOf(after)) {
    const pointer = serverPointer(part)
    const mine = Object.keys(stored).filter(
      (at) => at.startsWith(`${pointer}/`) && !given.has(at) && applies(at, server),
    )
    const was = old.get(part)
    if (was !== undefined && movedAway(was, server)) errors.push(...mine.map(requiredAgain))
    else for (const at of mine) kept.add(at)
    if (server.username === undefined) continue
    const has = (at: string): boolean => typeof given.get(at) === "string" || mine.includes(at)
    if (server.oauth2 === undefined && !has(`${pointer}/password`)) errors.push(required(`${pointer}/password`))
    if (server.oauth2 !== undefined && !has(`${pointer}/oauth2/access_token`)) tokenless.push(noToken(pointer))
  }
  if (after.dkim !== null && stored["/dkim/private_key"] !== undefined && !given.has("/dkim/private_key")) {
    kept.add("/dkim/private_key")
  }
  if (errors.length > 0) {
    throw new RelayError("secret_required", errors.map(({ detail }) => detail).join(" "), { errors })
  }
  if (tokenless.length > 0) {
    throw new RelayError("unsupported", tokenless.map(({ detail }) => detail).join(" "), { errors: tokenless })
  }
  return kept
}

/** A password and OAuth are alternatives: the stored one of the other kind goes. */
function applies(pointer: string, server: ServerSettings): boolean {
  return pointer.includes("/oauth2/") === (server.oauth2 !== undefined)
}

function movedAway(was: ServerSettings, is: ServerSettings): boolean {
  const address = was.host !== is.host || was.port !== is.port || was.security !== is.security
  return address || was.username !== is.username || was.oauth2?.token_url !== is.oauth2?.token_url
}

function requiredAgain(pointer: string): FieldError {
  return { pointer, code: "secret_required", detail: `${dotted(pointer)} must be given again: its server changed.` }
}

function required(pointer: string): FieldError {
  return { pointer, code: "secret_required", detail: `${dotted(pointer)} is required with a username.` }
}

function noToken(pointer: string): FieldError {
  const detail = `${dotted(pointer)}.oauth2 needs its access_token: this version fetches none.`
  return { pointer: `${pointer}/oauth2`, code: "unsupported", detail }
}

const dotted = (pointer: string): string => pointer.slice(1).replaceAll("/", ".")
