/** A small mail with CRLF lines. */
export function mail(subject: string, extra = ""): string {
  return `From: ada@demo.test\r\nTo: bob@demo.test\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@demo.test>\r\n${extra}\r\nText of ${subject}\r\n`
}
