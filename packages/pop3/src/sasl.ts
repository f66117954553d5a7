/** Who logs in. Names and secrets may hold any characters but CR, LF and NUL. */
export type Pop3Credentials =
  | { username: string; password: string }
  /** OAuth 2.0 access token. */
  | { username: string; accessToken: string }

export type SaslMechanism = "PLAIN" | "XOAUTH2" | "OAUTHBEARER"

/** What the client says first, before base64. */
export function saslResponse(
  mechanism: SaslMechanism,
  user: { username: string; secret: string; host: string; port: number },
): string {
  switch (mechanism) {
    case "PLAIN": // RFC 4616
      return `\0${user.username}\0${user.secret}`
    case "XOAUTH2": // Google's and Microsoft's draft of what became RFC 7628
      return `user=${user.username}\x01auth=Bearer ${user.secret}\x01\x01`
    case "OAUTHBEARER": // RFC 7628 section 3.1; "," and "=" are escaped in a gs2 name (RFC 5801 section 4)
      return `n,a=${user.username.replaceAll("=", "=3D").replaceAll(",", "=2C")},\x01host=${user.host}\x01port=${user.port}\x01auth=Bearer ${user.secret}\x01\x01`
  }
}

/** What answers the challenge that explains a refusal; then the server says -ERR. */
export const refusalAnswer = (mechanism: SaslMechanism): string => (mechanism === "OAUTHBEARER" ? "AQ==" : "")

export const base64 = (text: string): string => Buffer.from(text, "utf8").toString("base64")
export const fromBase64 = (text: string): string => Buffer.from(text, "base64").toString("utf8")
