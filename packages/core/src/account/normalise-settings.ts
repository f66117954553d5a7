import { type FieldError, RelayError } from "../error/relay-error.ts"
import type { Security } from "../ports/mail-server.ts"
import type { AccountSettings, ImapIntake, OAuth2Settings, Pop3Intake, ServerSettings, SmtpRoute } from "./account.ts"
import type { AccountInput, ImapInput, OAuth2Input, Pop3Input, ServerInput, SmtpInput } from "./account-input.ts"

type Protocol = "smtp" | "imap" | "pop3"

const defaultPorts: Record<Protocol, Partial<Record<Security, number>>> = {
  smtp: { tls: 465, starttls: 587 },
  imap: { tls: 993, starttls: 143 },
  pop3: { tls: 995, starttls: 110 },
}
const usualSecurity: Record<number, Security> = {
  465: "tls",
  993: "tls",
  995: "tls",
  587: "starttls",
  143: "starttls",
  110: "starttls",
}

/**
 * Settings with every default filled in and every secret left out. `security` follows from the usual ports and the port from
 * `security`; where neither tells, it is asked for: `none` is never guessed.
 * @param limits `tickMs`: no account is polled more often than the tick.
 * @throws RelayError `invalid_request`, `one_intake`.
 */
export function normaliseSettings(input: AccountInput, limits: { tickMs: number }): AccountSettings {
  const errors: FieldError[] = []
  if (input.imap && input.pop3) {
    throw new RelayError("one_intake", "An account reads mail over `imap` or over `pop3`, not over both.", {
      errors: [{ pointer: "/pop3", code: "one_intake", detail: "pop3 and imap are given; leave out one." }],
    })
  }
  const settings: AccountSettings = {
    email: input.email,
    name: input.name ?? null,
    tenant: input.tenant ?? null,
    smtp: routes(input.smtp, errors),
    imap: input.imap ? imapIntake(input.imap, errors) : null,
    pop3: input.pop3 ? pop3Intake(input.pop3, { protocol: "pop3", errors }) : null,
    dkim: input.dkim ? { domain: input.dkim.domain, selector: input.dkim.selector } : null,
    domain_limits: domainLimits(input.domain_limits),
    senders: input.senders ?? [],
    return_path: input.return_path ?? null,
    verp: input.verp ?? false,
    sent_copy: input.sent_copy ?? "auto",
    authserv_ids: input.authserv_ids ?? [],
    metadata: input.metadata ?? {},
  }
  checkTick(settings, limits.tickMs, errors)
  if (errors.length > 0) {
    throw new RelayError("invalid_request", errors.map(({ detail }) => detail).join(" "), { errors })
  }
  return settings
}

function routes(input: AccountInput["smtp"], errors: FieldError[]): SmtpRoute[] {
  const list = Array.isArray(input) ? input : input ? [input] : []
  const single = !Array.isArray(input)
  const made = list.map((route, at) => smtpRoute(route, single ? "/smtp" : `/smtp/${at}`, errors))
  const names = new Set<string>()
  made.forEach(({ name }, at) => {
    if (names.has(name)) errors.push(field(`/smtp/${at}/name`, "duplicate", `two routes have the name ${name}`))
    names.add(name)
  })
  return made
}

function smtpRoute(input: SmtpInput, pointer: string, errors: FieldError[]): SmtpRoute {
  const server = serverSettings(input, { protocol: "smtp", pointer, errors })
  return {
    name: input.name ?? `${server.host}:${server.port}`,
    ...server,
    priority: input.priority ?? 0,
    weight: input.weight ?? 1,
    limits: defined(input.limits ?? {}),
  }
}

function imapIntake(input: ImapInput, errors: FieldError[]): ImapIntake {
  return {
    ...pop3Intake(input, { protocol: "imap", errors }),
    mailboxes: input.mailboxes ?? ["INBOX"],
    watch: input.watch ?? [],
    mark_seen: input.mark_seen ?? false,
    move_to: input.move_to ?? null,
  }
}

function pop3Intake(input: Pop3Input, at: { protocol: "imap" | "pop3"; errors: FieldError[] }): Pop3Intake {
  const pointer = `/${at.protocol}`
  const server = serverSettings(input, { ...at, pointer })
  if (server.username === undefined) {
    at.errors.push(field(`${pointer}/username`, "required", "is required: mail is only handed out after a login"))
  }
  return {
    ...server,
    poll_seconds: input.poll_seconds ?? 60,
    poll_max_seconds: input.poll_max_seconds ?? null,
    history: input.history ?? "new",
    delete: input.delete ?? "never",
  }
}

function serverSettings(
  input: ServerInput,
  { protocol, pointer, errors }: { protocol: Protocol; pointer: string; errors: FieldError[] },
): ServerSettings {
  const security = input.security ?? (input.port === undefined ? "tls" : usualSecurity[input.port])
  const port = input.port ?? (security === undefined ? undefined : defaultPorts[protocol][security])
  if (security === undefined) {
    errors.push(field(`${pointer}/security`, "required", `is required with port ${port}: tls, starttls or none`))
  }
  if (port === undefined) errors.push(field(`${pointer}/port`, "required", "is required with security none"))
  if (!input.username && (input.password || input.oauth2)) {
    errors.push(field(`${pointer}/username`, "required", "is required with a password or oauth2"))
  }
  if (input.password && input.oauth2) {
    errors.push(field(`${pointer}/oauth2`, "conflicting_fields", "and password exclude each other"))
  }
  const tls = defined(input.tls ?? {})
  return {
    host: input.host.toLowerCase(),
    port: port ?? 0,
    security: security ?? "tls",
    ...(input.username ? { username: input.username } : {}),
    ...(input.oauth2 ? { oauth2: oauth2Settings(input.oauth2) } : {}),
    ...(Object.keys(tls).length === 0 ? {} : { tls }),
  }
}

function oauth2Settings(input: OAuth2Input): OAuth2Settings {
  const { client_id, token_url, scope, grant, expires_at } = input
  return defined({ client_id, token_url, scope, grant, expires_at })
}

function domainLimits(input: AccountInput["domain_limits"]): AccountSettings["domain_limits"] {
  return Object.fromEntries(
    Object.entries(input ?? {}).map(([domain, limits]) => [domain.toLowerCase(), defined(limits)]),
  )
}

function checkTick(settings: AccountSettings, tickMs: number, errors: FieldError[]): void {
  for (const part of ["imap", "pop3"] as const) {
    const seconds = settings[part]?.poll_seconds
    if (seconds !== undefined && seconds * 1000 < tickMs) {
      errors.push(
        field(
          `/${part}/poll_seconds`,
          "out_of_range",
          `must be at least ${Math.ceil(tickMs / 1000)}, the tick of this server`,
        ),
      )
    }
  }
}

type Defined<T> = { [Field in keyof T]?: Exclude<T[Field], null | undefined> }

/** Without members that are null or undefined. */
function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, member]) => member !== undefined && member !== null),
  ) as Defined<T>
}

function field(pointer: string, code: FieldError["code"], reason: string): FieldError & { code: FieldError["code"] } {
  return { pointer, code, detail: `${pointer.slice(1).replaceAll("/", ".")} ${reason}.` }
}
