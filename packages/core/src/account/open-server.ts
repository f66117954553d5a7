import { RelayError } from "../error/relay-error.ts"
import type { MailFault } from "../ports/mail-fault.ts"
import type { Credentials, MailServer, TlsSettings } from "../ports/mail-server.ts"
import type { Ports } from "../ports/ports.ts"
import { type AccountRecord, type PartName, type ServerSettings, type ServerTls, secretContext } from "./account.ts"
import { serverPointer } from "./secret-pointer.ts"

/**
 * A server of an account with its secrets opened, ready to be dialled. Hold it no longer than the connection.
 * @throws RelayError `unknown_route` when the account has no such part; `provider/auth_failed` with a fault when it has a username and
 * its secret is missing or cannot be opened: no login is left out in silence.
 */
export function openServer(ports: Pick<Ports, "secrets">, account: AccountRecord, part: PartName): MailServer {
  const server = serverOf(account, part)
  if (server === undefined) throw new RelayError("unknown_route", `Account ${account.id} has no ${part}.`)
  return {
    host: server.host,
    port: server.port,
    security: server.security,
    tls: tlsSettings(server.tls),
    credentials: credentials(ports, { account, server, pointer: serverPointer(part) }),
  }
}

/** The settings behind a part; undefined when the account has no such part. */
export function serverOf(account: AccountRecord, part: PartName): ServerSettings | undefined {
  if (part === "imap" || part === "pop3") return account.settings[part] ?? undefined
  return account.settings.smtp.find(({ name }) => part === `smtp:${name}`)
}

function credentials(
  ports: Pick<Ports, "secrets">,
  { account, server, pointer }: { account: AccountRecord; server: ServerSettings; pointer: string },
): Credentials | null {
  const { username } = server
  if (username === undefined) return null
  const open = (at: string): string | undefined => {
    const sealed = account.secrets[at]
    return sealed === undefined ? undefined : openSecret(ports, { account: account.id, at, sealed })
  }
  const accessToken = server.oauth2 === undefined ? undefined : open(`${pointer}/oauth2/access_token`)
  if (accessToken !== undefined) return { kind: "token", username, accessToken }
  const password = open(`${pointer}/password`)
  if (password === undefined) throw unusable(pointer, "is missing")
  return { kind: "password", username, password }
}

function openSecret(
  ports: Pick<Ports, "secrets">,
  { account, at, sealed }: { account: string; at: string; sealed: string },
): string {
  try {
    return ports.secrets.open(sealed, secretContext(account, at))
  } catch (cause) {
    throw unusable(at, "cannot be opened", cause)
  }
}

/** The same for every try until the settings, or the master key, are mended. */
function unusable(at: string, why: string, cause?: unknown): RelayError {
  const fault: MailFault = {
    class: "auth",
    stage: "auth",
    code: null,
    enhancedCode: null,
    response: null,
    fix: `the stored secret ${why}; give the password or access token again`,
    misconfigured: true,
  }
  return new RelayError("provider/auth_failed", `The secret at ${at} ${why}.`, {
    fault,
    fix: "Give the password or access token of the account again.",
    ...(cause === undefined ? {} : { cause }),
  })
}

function tlsSettings(tls: ServerTls | undefined): TlsSettings {
  if (tls === undefined) return {}
  return {
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.server_name === undefined ? {} : { serverName: tls.server_name }),
    ...(tls.fingerprint_sha256 === undefined ? {} : { fingerprintSha256: tls.fingerprint_sha256 }),
    ...(tls.min_version === undefined ? {} : { minVersion: tls.min_version }),
  }
}
