/** How long a POP3 server may take, milliseconds each; the session's deadline bounds them all. */
export interface Pop3Timeouts {
  /** All addresses together; again for a TLS handshake. */
  connectMs: number
  greetingMs: number
  /** A reply, or the next octets of a listing or mail. */
  commandMs: number
  /** PASS and AUTH: servers wait for a lock there (mail-rules D5). */
  loginMs: number
  /** To find out whether a silent port speaks TLS. */
  probeMs: number
}

export const defaultTimeouts: Pop3Timeouts = {
  connectMs: 15_000,
  greetingMs: 30_000,
  commandMs: 60_000,
  loginMs: 90_000,
  probeMs: 5_000,
}
