import { Transform } from "node:stream"
import { decodeDeclared, guessText } from "./decode-text.ts"

/** Octets of text that one mail may still bring; shared by its parts of one type. */
export interface TextBudget {
  left: number
}

export interface TextPartOptions {
  charset: string | null
  /** RFC 3676; null for other text. */
  flowed: { delSp: boolean } | null
  budget: TextBudget
  defects: Set<string>
  /** Decodes charsets the platform does not know; answers UTF-8. */
  decodeOther(charset: string): Transform
}

/** Collects a text part up to the budget (`text_truncated` beyond it) and gives it back as UTF-8 at its end. */
export function createTextPart(options: TextPartOptions): Transform {
  const chunks: Buffer[] = []
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const { budget } = options
      if (chunk.length > budget.left) options.defects.add("text_truncated")
      const kept = chunk.subarray(0, budget.left)
      budget.left -= kept.length
      // A copy: the part of a large chunk would keep all of it alive.
      if (kept.length > 0) chunks.push(Buffer.from(kept))
      done()
    },
    flush(done) {
      decode(Buffer.concat(chunks), options).then(
        (text) => done(null, Buffer.from(options.flowed === null ? text : unflow(text, options.flowed))),
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      )
    },
  })
}

async function decode(octets: Buffer, options: TextPartOptions): Promise<string> {
  const declared = decodeDeclared(octets, options.charset)
  if (declared !== undefined) {
    if (declared.guessed) options.defects.add("charset_guessed")
    return declared.text
  }
  const stream = options.decodeOther(options.charset ?? "")
  stream.end(octets)
  let text = ""
  for await (const chunk of stream) text += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("utf8")
  if (!text.includes("\uFFFD")) return text
  options.defects.add("charset_guessed")
  return guessText(octets).text
}

/** Joins the lines of format=flowed (RFC 3676 section 4): a line with a space at its end goes on in the next of equal depth. */
export function unflow(text: string, { delSp }: { delSp: boolean }): string {
  const out: string[] = []
  let open: { depth: number; text: string } | undefined
  for (const line of text.split(/\r?\n/)) {
    const depth = /^>*/.exec(line)?.[0].length ?? 0
    const body = line.slice(depth).replace(/^ /, "")
    const flows = body.endsWith(" ") && body !== "-- "
    const joined = open !== undefined && open.depth === depth && body !== "-- "
    if (open !== undefined && !joined) out.push(quoted(open))
    const start = joined ? (open?.text ?? "") : ""
    open = { depth, text: start + (flows && delSp ? body.slice(0, -1) : body) }
    if (!flows) {
      out.push(quoted(open))
      open = undefined
    }
  }
  if (open !== undefined) out.push(quoted(open))
  return out.join("\n")
}

function quoted(line: { depth: number; text: string }): string {
  return line.depth === 0 ? line.text : `${">".repeat(line.depth)} ${line.text}`
}
