import type { FaultClass, FaultStage } from "@postrider/core/ports/mail-fault"

/** Reply to a session command that says something about the connection or the login, not about a mail. First match wins. */
export interface FaultRow {
  stages?: FaultStage[]
  /** Three digits, or `4` and `5` for a class. */
  codes: string[]
  enhanced?: RegExp
  text?: RegExp
  class: FaultClass
  fix?: string
  misconfigured?: boolean
}

const login: FaultStage[] = ["auth"]
const encrypt = "the server wants TLS first; set security to starttls, or to tls with the port for it"

export const faultRows: FaultRow[] = [
  { codes: ["432"], class: "too_many_connections" },
  { codes: ["4"], enhanced: /^4\.3\.2$/, text: /concurrent|connection/i, class: "too_many_connections" },
  { codes: ["4"], text: /too many (?:\w+ )?connections/i, class: "too_many_connections" },
  { codes: ["4"], class: "throttled" },
  {
    stages: login,
    codes: ["530", "538"],
    text: /\b(?:STARTTLS|TLS|encrypt)/i,
    class: "protocol",
    fix: encrypt,
    misconfigured: true,
  },
  { stages: login, codes: ["5"], enhanced: /^5\.7\.1[01]$/, class: "protocol", fix: encrypt, misconfigured: true },
  {
    stages: login,
    codes: ["5"],
    enhanced: /^5\.7\.(?:30|139)$/,
    class: "auth",
    fix: "the provider refuses passwords over SMTP; use OAuth, or enable SMTP AUTH for the mailbox",
  },
  { stages: login, codes: ["534"], class: "auth", fix: "the provider asks for an app password or OAuth" },
  { stages: login, codes: ["530", "535"], class: "auth" },
  {
    stages: login,
    codes: ["500", "502", "503", "504"],
    class: "protocol",
    fix: "the server does not take logins like this on this port; check port and security",
    misconfigured: true,
  },
  { stages: login, codes: ["5"], class: "auth" },
  { stages: ["mail"], codes: ["530"], class: "auth", fix: "the server wants a login; set username and password" },
  { stages: ["greeting"], codes: ["5"], class: "connect" },
  { codes: ["5"], class: "protocol" },
]
