import type { Socket } from "node:net"

/**
 * Adds SMTPUTF8 to the MAIL command that is written next: nodemailer does so for addresses of the envelope only, and a header may need it
 * alone (RFC 6531 section 3.4).
 */
export function askForSmtpUtf8(socket: Socket): void {
  const write = socket.write
  const patched = (chunk: Uint8Array | string, ...rest: []): boolean => {
    socket.write = write
    const text = Buffer.from(chunk).toString("utf8")
    const command = /^MAIL FROM:<[^>]*>/.test(text) ? text.replace(/\r\n$/, " SMTPUTF8\r\n") : chunk
    return write.call(socket, command, ...rest)
  }
  socket.write = patched as Socket["write"]
}
