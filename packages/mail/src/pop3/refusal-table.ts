import type { FaultClass } from "@postrider/core/ports/mail-fault"

/** Response codes that speak of the server's state and never of the credentials (RFC 2449 section 8.1.1, RFC 3206; mail-rules D5). */
export const busyCodes: Readonly<Record<string, FaultClass>> = {
  "IN-USE": "throttled",
  "LOGIN-DELAY": "throttled",
  "SYS/TEMP": "throttled",
}

export interface RefusalRow {
  words: RegExp
  class: FaultClass
}

/** Words of servers that say so without a code (mail-rules D5, F2). */
export const busyTexts: readonly RefusalRow[] = [
  // Courier, Dovecot: "Maximum number of connections from user+IP exceeded"; Gmail: "Too many simultaneous connections"
  {
    words: /too many (?:\w+ )?(?:connections|sessions|logins)|maximum number of connections|connection limit/i,
    class: "too_many_connections",
  },
  // qpopper: "maildrop already locked by another session"; Dovecot: "Mailbox is already locked"; Cyrus: "Unable to lock maildrop: Mailbox is locked by POP server"
  {
    words: /\block(?:ed|ing)?\b|\bin use\b|another (?:pop3? )?session|already (?:open|active)|mailbox (?:is )?busy/i,
    class: "throttled",
  },
  // Exchange: "Server Unavailable"; Dovecot: "Temporary authentication failure"; UW: "Can't get lock. Try again later"
  {
    words: /temporar(?:y|ily)|try again|unavailable|internal (?:server )?error|server (?:is )?busy|overload/i,
    class: "throttled",
  },
  // Yahoo, GMX, qpopper: "minimum poll interval", "login rate exceeded", "wait before the next login"
  {
    words:
      /(?:login|poll|rate|frequency|quota|bandwidth)[\w\s]*(?:exceeded|limit|interval|delay)|too (?:often|frequent)|throttl/i,
    class: "throttled",
  },
]

/** Refusals of a login that name the missing TLS, met with `security: "none"`. */
export const privacyTexts = /plaintext|cleartext|clear text|unencrypted|encrypt|secure|\bssl\b|\btls\b|\bstls\b/i

/** Refusals of the mechanism, not of the secret. */
export const mechanismTexts =
  /(?:unknown|unsupported|unrecognized|invalid|not supported)[\w\s]*(?:mechanism|auth(?:entication)? (?:method|type))/i

/** Class of a busy answer, or null where the server means what it refused. */
export function busyClass(code: string | null, text: string | null): FaultClass | null {
  const byCode = code === null ? undefined : busyCodes[code]
  if (byCode !== undefined) return byCode
  // With another code the server has said what it means; its words may mention anything.
  if (code !== null || text === null) return null
  return busyTexts.find((row) => row.words.test(text))?.class ?? null
}
