import { createHash } from "node:crypto"
import { once } from "node:events"
import type { ParsedAttachment, ParsedMail } from "@postrider/core/ports/mime"
import type { AttachmentStream, MailParser, MessageText } from "mailparser"
import { decodeDeclared, guessText } from "./decode-text.ts"
import { headerFacts } from "./header-facts.ts"
import { createHeaderTap } from "./header-tap.ts"
import { createWatchedParser, isStructured, type WatchedParser } from "./mail-parser-parts.ts"
import { marksOf } from "./part-marks.ts"

const maxCalendarBytes = 512 * 1024
const maxNameChars = 1000

export interface MailReading {
  /** Resolves when the next chunk may come. After the mail was given up it resolves at once. */
  write(chunk: Uint8Array): Promise<void>
  end(): Promise<ParsedMail>
}

export interface ReadMailOptions {
  /** Wants the decoded octets of this attachment; awaited chunk by chunk. */
  wanted?: {
    index: number
    onStart(meta: ParsedAttachment): void
    onChunk(chunk: Uint8Array): Promise<void>
    onEnd(meta: ParsedAttachment): void
  }
}

/**
 * Reads one mail as a stream: attachments are hashed and counted as they pass, never held. Too many parts or too large a part
 * header end the reading with what was read so far and status `partial`; an error of the parser does the same.
 */
export function readMail(options: ReadMailOptions = {}): MailReading {
  const tap = createHeaderTap()
  const defects = new Set<string>()
  const watched = createWatchedParser(defects)
  const { parser } = watched
  const attachments = collectAttachments(parser, options)
  let text: MessageText | undefined
  let failure: unknown
  const fail = (error: unknown) => {
    failure ??= error
  }
  parser.on("error", fail)
  parser.on("data", (data: AttachmentStream | MessageText) => {
    if (data.type === "text") text = data
    else attachments.read(data)
  })

  return {
    async write(chunk) {
      tap.write(chunk)
      if (failure !== undefined) return
      if (!parser.write(chunk)) await settled(parser, "drain")
    },
    async end() {
      if (failure === undefined) {
        parser.end()
        await settled(parser, "end")
      }
      // The last attachment may still be on its way; after a failure its stream may never end.
      if (failure === undefined) await attachments.done()
      const facts = headerFacts(tap.block())
      if (failure !== undefined) {
        text = { type: "text", ...readSoFar(watched, fail) }
        defects.add(failureDefect(failure, watched, facts))
      }
      return {
        ...facts,
        status: failure === undefined && !facts.defects.includes("header_too_large") ? "ok" : "partial",
        text: text?.text ?? null,
        html: text?.html ?? null,
        ...attachments.found(),
        marks: marksOf(watched.parts),
        defects: [...new Set([...facts.defects, ...defects])],
      }
    },
  }
}

/** Reads attachments one after the other, as the parser hands them out. */
function collectAttachments(parser: MailParser, { wanted }: ReadMailOptions) {
  const list: ParsedAttachment[] = []
  const reads: Promise<void>[] = []
  let calendar: ParsedMail["calendar"] = null

  const readOne = async (part: AttachmentStream) => {
    const meta = describeAttachment(part, list.length)
    list.push(meta)
    const asked = wanted?.index === meta.index ? wanted : undefined
    asked?.onStart(meta)
    const isCalendar = calendar === null && meta.content_type === "text/calendar"
    const kept: Buffer[] = []
    await digest(part, meta, async (chunk, before) => {
      if (isCalendar && before < maxCalendarBytes) kept.push(Buffer.from(chunk))
      await asked?.onChunk(chunk)
    })
    asked?.onEnd(meta)
    if (isCalendar) calendar = readCalendar(Buffer.concat(kept).subarray(0, maxCalendarBytes), part)
    part.release?.()
  }

  return {
    read(part: AttachmentStream): void {
      reads.push(readOne(part).catch((error: unknown) => void parser.destroy(asError(error))))
    },
    done: () => Promise.all(reads),
    /** Those that were read to their end. */
    found: () => ({ attachments: list.filter((one) => one.sha256 !== ""), calendar }),
  }
}

/** Waits for the event, or for the end of the stream in any other way. */
async function settled(parser: MailParser, event: "drain" | "end"): Promise<void> {
  if (parser.destroyed || parser.errored !== null) return
  const stop = new AbortController()
  const { signal } = stop
  // An error is kept by its own listener; here it only ends the wait.
  await Promise.race([event, "close", "error"].map((name) => once(parser, name, { signal }).catch(() => undefined)))
  stop.abort()
}

function describeAttachment(part: AttachmentStream, index: number): ParsedAttachment {
  return {
    index,
    filename: part.filename?.slice(0, maxNameChars) ?? null,
    content_type: part.contentType.toLowerCase().slice(0, maxNameChars),
    size: 0,
    sha256: "",
    content_id: part.contentId?.slice(0, maxNameChars) ?? null,
    disposition:
      part.contentDisposition === "inline" || (!part.contentDisposition && part.related) ? "inline" : "attachment",
  }
}

async function digest(
  part: AttachmentStream,
  meta: ParsedAttachment,
  onChunk: (chunk: Uint8Array, before: number) => Promise<void>,
): Promise<void> {
  const hash = createHash("sha256")
  for await (const chunk of part.content) {
    if (!(chunk instanceof Uint8Array)) continue
    hash.update(chunk)
    await onChunk(chunk, meta.size)
    meta.size += chunk.length
  }
  meta.sha256 = hash.digest("hex")
}

function readCalendar(octets: Uint8Array, part: AttachmentStream): NonNullable<ParsedMail["calendar"]> {
  const type = part.headers.get("content-type")
  const params: Record<string, string> = isStructured(type) ? type.params : {}
  const content = (decodeDeclared(octets, params.charset ?? null) ?? guessText(octets)).text
  const method = params.method ?? /^METHOD:([A-Za-z-]{1,40})\r?$/m.exec(content)?.[1]
  return { method: method?.toUpperCase() ?? null, content }
}

function readSoFar(watched: WatchedParser, fail: (error: unknown) => void): { text?: string; html?: string } {
  try {
    return watched.textSoFar()
  } catch (error) {
    fail(error)
    return {}
  }
}

function failureDefect(failure: unknown, watched: WatchedParser, facts: ParsedMail): string {
  const code = failure instanceof Error && "code" in failure ? failure.code : undefined
  if (code !== "EMAXLEN") return "unreadable_part"
  if (watched.hasTooManyParts()) return "too_many_parts"
  return facts.defects.includes("header_too_large") ? "header_too_large" : "part_header_too_large"
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
