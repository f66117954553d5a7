/** The peer has gone, was dropped on purpose or stayed silent too long: the session is over, nothing is wrong with us. */
export class ConnectionClosed extends Error {
  override readonly name = "ConnectionClosed"
}

/** A line without an end within its limit; the session answers once and closes. */
export class LineTooLong extends Error {
  override readonly name = "LineTooLong"
}
