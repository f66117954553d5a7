/** How long and how often (mail-rules H6). Milliseconds. */
export interface SmtpLimits {
  /** Over all addresses of the host. */
  connectMs: number
  /** Also the TLS handshake. */
  greetingMs: number
  /** EHLO to RCPT, each. A server that is not pressed for time may use 300 s (RFC 5321 section 4.5.3.2). */
  commandMs: number
  /** Without any of the body being taken. */
  dataBlockMs: number
  /** From the final dot to its answer; less when the deadline is nearer. */
  dotMs: number
  /** A transaction starts only with this and the time of the body at `bytesPerSecond` left; 60 s less the 10 s that the caller keeps for writing the outcome down. */
  startReserveMs: number
  bytesPerSecond: number
  idleMs: number
  maxMessages: number
}

export const defaultLimits: SmtpLimits = {
  connectMs: 15_000,
  greetingMs: 30_000,
  commandMs: 60_000,
  dataBlockMs: 180_000,
  dotMs: 600_000,
  startReserveMs: 50_000,
  bytesPerSecond: 100_000,
  idleMs: 30_000,
  maxMessages: 100,
}
