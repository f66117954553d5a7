/** Bounds on time and size; every one has a default. */
export interface Pop3Limits {
  /** TCP connection. */
  connectTimeoutMs: number
  /** TLS handshake. */
  tlsTimeoutMs: number
  /** From the connection to the end of the greeting's line. */
  greetingTimeoutMs: number
  /** From a command to the end of its status line; then, in a listing or message, between two chunks. It rests while the reader of a message is the slow side. */
  commandTimeoutMs: number
  /** As `commandTimeoutMs`, for PASS and AUTH: servers wait for a lock there. */
  loginTimeoutMs: number
  /** The whole session from the call of `connectPop3` on; a server that drips octets does not extend it. */
  totalTimeoutMs: number
  /** Octets of one line of a status or listing. */
  maxLineBytes: number
  /** Lines and octets of one listing (CAPA, UIDL, LIST). */
  maxListingLines: number
  maxListingBytes: number
  /** Octets of one message; a call may set its own. */
  maxMessageBytes: number
  /** Octets of a message kept for a slow reader before the socket is paused. */
  highWaterBytes: number
  /** What is read and thrown away of a message that its reader left, before the connection is dropped instead. */
  drainBytes: number
  drainTimeoutMs: number
}

const defaults: Pop3Limits = {
  connectTimeoutMs: 15_000,
  tlsTimeoutMs: 15_000,
  greetingTimeoutMs: 30_000,
  commandTimeoutMs: 60_000,
  loginTimeoutMs: 90_000,
  totalTimeoutMs: 600_000,
  maxLineBytes: 8_192,
  maxListingLines: 200_000,
  maxListingBytes: 16 * 1024 * 1024,
  maxMessageBytes: 64 * 1024 * 1024,
  highWaterBytes: 64 * 1024,
  drainBytes: 1024 * 1024,
  drainTimeoutMs: 5_000,
}

const longestTimerMs = 2 ** 31 - 1

export function limitsOf(options: Partial<Pop3Limits>): Pop3Limits {
  const limits = { ...defaults }
  for (const name of Object.keys(defaults) as (keyof Pop3Limits)[]) {
    const limit = options[name] ?? defaults[name]
    // Node takes a longer time for none at all.
    limits[name] = name.endsWith("Ms") ? Math.min(limit, longestTimerMs) : limit
  }
  return limits
}
