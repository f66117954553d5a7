import type { MailFault } from "@postrider/core/ports/mail-fault"
import type { MailServer } from "@postrider/core/ports/mail-server"
import type { Pop3Error } from "@postrider/pop3/pop3-error"
import { cleanResponse } from "../fault/clean-response.ts"
import { newFault } from "../fault/new-fault.ts"
import { mechanismTexts, privacyTexts } from "./refusal-table.ts"

/** A refused login that is not about the server's state: credentials, unless the server says otherwise (mail-rules D5). */
export function loginFault(error: Pop3Error, server: MailServer): MailFault {
  const code = error.responseCode
  const response = cleanResponse(error.response)
  const said = { code, response }
  if (code === "SYS/PERM") {
    return newFault("protocol", "auth", {
      ...said,
      fix: "the server's administrator has to repair this mailbox",
      misconfigured: true,
    })
  }
  if (server.security === "none" && response !== null && privacyTexts.test(response)) {
    const fix = "the server takes no password without TLS; set security to starttls or tls"
    return newFault("tls", "auth", { ...said, fix, misconfigured: true })
  }
  if (code !== "AUTH" && response !== null && mechanismTexts.test(response)) {
    return newFault("protocol", "auth", { ...said, fix: mechanismFix(server), misconfigured: true })
  }
  if (server.credentials?.kind === "token") {
    const fix = "the access token was refused; check its scopes and username"
    return newFault("oauth", "auth", { code, response: response ?? cleanResponse(error.challenge), fix })
  }
  const fix =
    "check username and password, and that POP3 is enabled for the mailbox; with two-step login an app password is needed"
  return newFault("auth", "auth", { ...said, fix })
}

/** The server lists mechanisms, and none for tokens is among them. */
export const noTokenLogin = (server: MailServer): MailFault =>
  newFault("protocol", "auth", { fix: mechanismFix(server), misconfigured: true })

const mechanismFix = ({ credentials }: MailServer): string =>
  credentials?.kind === "token"
    ? "the server offers no login with OAuth (XOAUTH2, OAUTHBEARER); use a password"
    : "the server takes no password; use OAuth"
