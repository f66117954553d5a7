import type { ByteStream } from "@postrider/core/ports/content-store"
import type { AttachmentContent, MimeParser, ParsedMail } from "@postrider/core/ports/mime"
import { cutAttachment } from "./cut-attachment.ts"
import { headerFacts } from "./header-facts.ts"
import { createHeaderTap } from "./header-tap.ts"
import { createParseThread, type ParseThread, ThreadError } from "./parse-thread.ts"
import { sendChunks } from "./send-chunks.ts"
import { createPool } from "./thread-pool.ts"

export interface MimeParserOptions {
  /** Octets of a mail that are parsed; the rest is left out with the defect `too_large`. */
  maxBytes: number
  /** Time one mail may keep a worker busy, milliseconds. */
  timeoutMs: number
  /** Heap of a worker. */
  maxHeapMb: number
  /** Worker threads, 1 or 2; they start when first needed. */
  workers: number
  /** File of the worker, where a bundler has moved it. */
  workerUrl?: URL
}

/**
 * Parses mail in worker threads. A mail that makes its worker crash, run out of memory or take too long comes back as `failed`
 * with what its header block says; the next mail gets a new worker. Errors of the `raw` stream itself are thrown.
 */
export function createMimeParser(options: MimeParserOptions): MimeParser {
  const workerUrl = options.workerUrl ?? new URL("./parse-worker.ts", import.meta.url)
  const limits = { timeoutMs: options.timeoutMs, maxHeapMb: options.maxHeapMb, workerUrl }
  const threads = createPool(Array.from({ length: options.workers }, () => createParseThread(limits)))
  let mails = 0

  return {
    async parse(raw) {
      const { item: thread, giveBack } = await threads.borrow()
      try {
        return await parseIn(thread, { raw, mail: ++mails, maxBytes: options.maxBytes })
      } finally {
        giveBack()
      }
    },
    async parseHeaders(block) {
      const tap = createHeaderTap()
      tap.write(block)
      return { ...headerFacts(tap.block()), status: "oversize" }
    },
    attachment: (raw, index): Promise<AttachmentContent | undefined> =>
      cutAttachment(threads, { raw, index, mail: ++mails, maxBytes: options.maxBytes }),
    async close() {
      await Promise.all(threads.items.map((thread) => thread.kill()))
    },
  }
}

async function parseIn(
  thread: ParseThread,
  job: { raw: ByteStream; mail: number; maxBytes: number },
): Promise<ParsedMail> {
  const { mail } = job
  const tap = createHeaderTap()
  thread.post({ kind: "start", mail, wanted: null })
  try {
    const { truncated } = await sendChunks(thread, { ...job, onChunk: (chunk) => tap.write(chunk) })
    thread.post({ kind: "end", mail })
    for (;;) {
      const message = await thread.next(mail)
      if (message.kind !== "parsed") continue
      return truncated ? withDefect(message.result, "too_large") : message.result
    }
  } catch (error) {
    if (!(error instanceof ThreadError)) throw error
    const facts = headerFacts(tap.block())
    return { ...facts, status: "failed", defects: [...facts.defects, `parser_${error.reason}`] }
  }
}

function withDefect(mail: ParsedMail, defect: string): ParsedMail {
  return { ...mail, status: mail.status === "ok" ? "partial" : mail.status, defects: [...mail.defects, defect] }
}
