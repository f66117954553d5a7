/**
 * What kind of thing went wrong:
 * - `connect` no TCP connection; `tls` no trusted TLS session; the reason is `cause`
 * - `refused` the server answered -ERR
 * - `closed` the connection ended while an answer, or more of it, was awaited, or had ended before the call
 * - `protocol` the server's answer makes no sense; `injection` it sent octets between STLS and the handshake
 * - `starttls_missing` STLS was asked for and is not offered
 * - `timeout` a deadline passed; `aborted` the signal fired or `close` was called
 * - `limit` a line, a listing or a message exceeds the limit set for it
 * - `invalid_argument` nothing was sent
 */
export type Pop3ErrorCode =
  | "connect"
  | "tls"
  | "refused"
  | "closed"
  | "protocol"
  | "injection"
  | "starttls_missing"
  | "timeout"
  | "aborted"
  | "limit"
  | "invalid_argument"

/** How far the session had come: `greeting` is the wait for the first line. */
export type Pop3Stage = "connect" | "tls" | "greeting" | "command"

export interface Pop3ErrorDetails {
  /** Upper case, without brackets: `IN-USE`, `SYS/TEMP`, `AUTH` (RFC 2449 section 8, RFC 3206). */
  responseCode?: string | null
  /** The server's words behind +OK or -ERR. */
  response?: string | null
  /** Keyword alone, so never a secret: `RETR`. */
  command?: string | null
  stage?: Pop3Stage
  /** Decoded challenge that came with a refusal of a token: JSON as a rule (RFC 7628 section 3.2.2). */
  challenge?: string | null
  cause?: unknown
}

/** The only error this library rejects with. */
export class Pop3Error extends Error {
  override readonly name = "Pop3Error"
  readonly code: Pop3ErrorCode
  readonly responseCode: string | null
  readonly response: string | null
  readonly command: string | null
  readonly stage: Pop3Stage
  readonly challenge: string | null

  constructor(code: Pop3ErrorCode, message: string, details: Pop3ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.responseCode = details.responseCode ?? null
    this.response = details.response ?? null
    this.command = details.command ?? null
    this.stage = details.stage ?? "command"
    this.challenge = details.challenge ?? null
  }
}

/** The same failure as one call sees it: with its own command and stack. */
export function failureOf(failure: Pop3Error, command: string): Pop3Error {
  const { code, message, responseCode, response, stage, challenge } = failure
  return new Pop3Error(code, message, {
    responseCode,
    response,
    stage,
    challenge,
    command,
    cause: failure.cause ?? failure,
  })
}
