import type { Request } from "./answer-reader.ts"
import { mechanisms, type Pop3Capabilities } from "./capabilities.ts"
import { Pop3Error } from "./pop3-error.ts"
import { base64, fromBase64, type Pop3Credentials, refusalAnswer, type SaslMechanism, saslResponse } from "./sasl.ts"

/** `USER` stands for USER and PASS (RFC 1939 section 7). */
export type LoginMechanism = SaslMechanism | "USER"

/** The one mechanism for these credentials at this server. A token goes as XOAUTH2 where the server offers neither. */
export function selectMechanism(credentials: Pop3Credentials, capabilities: Pop3Capabilities): LoginMechanism {
  const offered = mechanisms(capabilities)
  if ("accessToken" in credentials) {
    return !offered.includes("XOAUTH2") && offered.includes("OAUTHBEARER") ? "OAUTHBEARER" : "XOAUTH2"
  }
  return offered.includes("PLAIN") ? "PLAIN" : "USER"
}

export interface LoginOptions {
  host: string
  port: number
  commandTimeoutMs: number
  loginTimeoutMs: number
  request(request: Request): Promise<unknown>
}

/** One login with one mechanism. AUTH goes in two steps: Microsoft refuses an initial response, and long tokens do not fit its line (RFC 5034 section 4). */
export async function logIn(
  credentials: Pop3Credentials,
  mechanism: LoginMechanism,
  options: LoginOptions,
): Promise<void> {
  const secret = "accessToken" in credentials ? credentials.accessToken : credentials.password
  if (/[\r\n\0]/.test(credentials.username + secret)) {
    throw new Pop3Error("invalid_argument", "a name or secret with CR, LF or NUL cannot be sent", { command: "AUTH" })
  }
  if (mechanism === "USER") {
    await options.request({
      command: "USER",
      line: `USER ${credentials.username}`,
      timeoutMs: options.commandTimeoutMs,
    })
    await options.request({ command: "PASS", line: `PASS ${secret}`, timeoutMs: options.loginTimeoutMs })
    return
  }
  const response = base64(
    saslResponse(mechanism, { username: credentials.username, secret, host: options.host, port: options.port }),
  )
  await authenticate(mechanism, response, options)
}

async function authenticate(mechanism: SaslMechanism, response: string, options: LoginOptions): Promise<void> {
  const answers = mechanism === "PLAIN" ? [response] : [response, refusalAnswer(mechanism)]
  let challenge = ""
  const answer = (text: string) => {
    challenge = text
    return answers.shift()
  }
  try {
    await options.request({ command: "AUTH", line: `AUTH ${mechanism}`, timeoutMs: options.loginTimeoutMs, answer })
  } catch (error) {
    throw error instanceof Pop3Error && error.code === "refused" && challenge !== ""
      ? explained(error, fromBase64(challenge))
      : error
  }
}

function explained(refusal: Pop3Error, challenge: string): Pop3Error {
  const { response, responseCode, command, cause } = refusal
  return new Pop3Error("refused", refusal.message, {
    response,
    responseCode,
    command,
    challenge: challenge.slice(0, 2048),
    cause,
  })
}
