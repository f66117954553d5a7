import type { MailStore } from "../mailbox/mail-store.ts"

/** What a client brought to sign in with. */
export type Credentials = { readonly login: string; readonly password?: string; readonly token?: string }

/** Reads the initial response of PLAIN (RFC 4616), XOAUTH2 or OAUTHBEARER (RFC 7628); undefined when it is malformed. */
export function readSaslResponse(mechanism: string, base64: string): Credentials | undefined {
  const text = Buffer.from(base64, "base64").toString("utf8")
  if (mechanism === "PLAIN") {
    const [, login, password, ...rest] = text.split("\0")
    return login && password !== undefined && rest.length === 0 ? { login, password } : undefined
  }
  const [head = "", ...fields] = text.split("\u0001")
  const login = /^(?:user=|n,a=)([^,]+)/.exec(head)?.[1]
  const token = fields.map((field) => /^auth=Bearer (.+)$/i.exec(field)?.[1]).find((one) => one !== undefined)
  return login && token ? { login, token } : undefined
}

/** The user name when the credentials are right, undefined otherwise. */
export function signIn(store: MailStore, credentials: Credentials | undefined): string | undefined {
  return credentials && store.signIn(credentials.login, credentials)
}

/** What XOAUTH2 says about a refused token before it fails: one more line that the client has to answer with an empty one. */
export const refusedToken = Buffer.from(
  '{"status":"401","schemes":"bearer","scope":"https://mail.demo.test/"}',
).toString("base64")
