import type { MailProtocol } from "@postrider/core/ports/port-probe"

/** What a probe says and expects, by protocol. */
export interface ProbeTalk {
  /** First line of a server that is willing. */
  greets(line: string): boolean
  /** Commands up to the upgrade, each with the line that answers it and the one that accepts it. */
  upgrade: { send: string; last: RegExp; accepted: RegExp }[]
  tlsPort: number
}

export const talks: Record<MailProtocol, ProbeTalk> = {
  // RFC 5321 section 4.2, RFC 3207. Text after a hyphen goes on.
  smtp: {
    greets: (line) => /^220[ -]/.test(line),
    upgrade: [
      { send: "EHLO [127.0.0.1]", last: /^\d{3} /, accepted: /^250 / },
      { send: "STARTTLS", last: /^\d{3} /, accepted: /^220 / },
    ],
    tlsPort: 465,
  },
  // RFC 9051 section 6.2.1.
  imap: {
    greets: (line) => /^\* (?:OK|PREAUTH)\b/i.test(line),
    upgrade: [{ send: "p1 STARTTLS", last: /^p1 /, accepted: /^p1 OK\b/i }],
    tlsPort: 993,
  },
  // RFC 2595 section 4.
  pop3: {
    greets: (line) => /^\+OK\b/.test(line),
    upgrade: [{ send: "STLS", last: /^[+-]/, accepted: /^\+OK\b/ }],
    tlsPort: 995,
  },
}

const names: Record<MailProtocol, string> = { smtp: "SMTP", imap: "IMAP", pop3: "POP3" }

/** What to do about a greeting in another protocol; null when it is none that we know, or the right one in a bad mood. */
export function otherProtocolFix(request: { protocol: MailProtocol; port: number }, greeting: string): string | null {
  const spoken = (["smtp", "imap", "pop3"] as const).find((protocol) => talks[protocol].greets(greeting))
  if (spoken === undefined || spoken === request.protocol) return null
  const { tlsPort } = talks[request.protocol]
  return `port ${request.port} speaks ${names[spoken]}, not ${names[request.protocol]}; ${names[request.protocol]} is usually on port ${tlsPort} with TLS`
}
