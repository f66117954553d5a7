import type { MimeParser } from "@postrider/core/ports/mime"
import { createMimeParser } from "@postrider/mail/mime/parse"

let parser: MimeParser | undefined

function started(): MimeParser {
  parser ??= createMimeParser({ maxBytes: 4_000_000, timeoutMs: 10_000, maxHeapMb: 128, workers: 1 })
  return parser
}

/** One parser for all lives of a file, begun when first used; the file closes it at its end. */
export const sharedParser: MimeParser = {
  parse: (raw) => started().parse(raw),
  parseHeaders: (block) => started().parseHeaders(block),
  attachment: (raw, index) => started().attachment(raw, index),
  async close() {
    await parser?.close()
    parser = undefined
  },
}
