import type { Ids } from "../ports/ids.ts"

/** 64 bits of the Message-ID (`m…`), or of the header block where there is none (`h…`) (mail-rules A5). */
export function messageKey(ids: Pick<Ids, "digest">, mail: { messageId: string | null; headerHash: string }): string {
  return mail.messageId === null ? `h${mail.headerHash}` : `m${ids.digest(mail.messageId).slice(0, 16)}`
}

/** 64 bits of a header block, the same for `TOP n 0`, BODY[HEADER] and the head of the whole mail. */
export function headerHash(ids: Pick<Ids, "digest">, octets: Uint8Array): string {
  return ids.digest(octets.subarray(0, headerEnd(octets))).slice(0, 16)
}

/** Where the header block ends, without its last line end: at the first empty line, else at the last octet that is no line end. */
export function headerEnd(octets: Uint8Array): number {
  let lineStart = 0
  for (let at = octets.indexOf(0x0a); at >= 0; at = octets.indexOf(0x0a, at + 1)) {
    const length = at - lineStart
    if (length === 0 || (length === 1 && octets[lineStart] === 0x0d)) return withoutLineEnd(octets, lineStart)
    lineStart = at + 1
  }
  return withoutLineEnd(octets, octets.length)
}

function withoutLineEnd(octets: Uint8Array, end: number): number {
  let last = end
  while (last > 0 && (octets[last - 1] === 0x0a || octets[last - 1] === 0x0d)) last--
  return last
}
