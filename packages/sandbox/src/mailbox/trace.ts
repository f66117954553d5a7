export type TraceOptions = {
  readonly mailFrom: string
  readonly recipient: string
  readonly helo: string
  readonly remoteAddress: string
  readonly with: string
  readonly id: string
  readonly at: Date
}

/** The headers that final delivery puts on top (RFC 5321 §4.4): Return-Path, Delivered-To and one Received. */
export function traceHeaders(options: TraceOptions): Buffer {
  const { mailFrom, recipient, helo, remoteAddress, id, at } = options
  return Buffer.from(
    `Return-Path: <${mailFrom}>\r\n` +
      `Delivered-To: ${recipient}\r\n` +
      `Received: from ${helo} ([${remoteAddress}])\r\n` +
      `\tby sandbox.demo.test with ${options.with} id ${id}\r\n` +
      `\tfor <${recipient}>; ${mailDate(at)}\r\n`,
  )
}

/** A date as RFC 5322 §3.3 writes it, in UTC. */
export function mailDate(at: Date): string {
  return at.toUTCString().replace("GMT", "+0000")
}
