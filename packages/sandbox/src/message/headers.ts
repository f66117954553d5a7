import type { Content } from "./content.ts"

export type HeaderField = { readonly name: string; readonly value: string; readonly raw: string }

/** Headers beyond this are not looked at: RFC 5322 sets no limit, a sandbox needs one. */
const maxHeaderBytes = 1024 * 1024

/** Where the header block ends: the offset of the first octet of the body. */
export function headerLength(content: Content): number {
  const head = Buffer.concat(content.slice(0, Math.min(content.size, maxHeaderBytes)))
  if (head.subarray(0, 2).equals(Buffer.from("\r\n"))) return 2
  const end = head.indexOf("\r\n\r\n")
  return end < 0 ? head.length : end + 4
}

/** The header fields in order, each with its exact octets as latin1; continuation lines are unfolded in `value`. */
export function readHeaders(content: Content): HeaderField[] {
  return parseHeaders(Buffer.concat(content.slice(0, headerLength(content))).toString("latin1"))
}

export function parseHeaders(block: string): HeaderField[] {
  const fields: HeaderField[] = []
  for (const raw of block.split(/\r\n(?![ \t])/)) {
    const colon = raw.indexOf(":")
    if (colon <= 0) continue
    const value = raw
      .slice(colon + 1)
      .replace(/\r\n(?=[ \t])/g, "")
      .trim()
    fields.push({ name: raw.slice(0, colon).trim().toLowerCase(), value, raw: `${raw}\r\n` })
  }
  return fields
}

/** Value of the first field of that name. */
export function headerValue(fields: readonly HeaderField[], name: string): string | undefined {
  return fields.find((field) => field.name === name)?.value
}
