import { decodeDeclared, guessText } from "./decode-text.ts"

const word = /=\?([^?\s]{1,60})\?([bqBQ])\?([^?]*)\?=/g

/**
 * Decodes the encoded words of an unstructured header value (RFC 2047). Neighbours of one charset are decoded together, so
 * that a character split over two words survives; unknown charsets are guessed, never refused.
 */
export function decodeWords(value: string): string {
  let out = ""
  let end = 0
  let run: { charset: string; octets: Buffer[] } | undefined
  const flush = () => {
    if (run !== undefined) out += decodeRun(run)
    run = undefined
  }
  for (const match of value.matchAll(word)) {
    const [whole, label = "", encoding = "", body = ""] = match
    const between = value.slice(end, match.index)
    const charset = label.split("*")[0]?.toLowerCase() ?? ""
    // White space between two words belongs to neither (RFC 2047 section 6.2).
    if (run === undefined || between.trim() !== "") {
      flush()
      out += between
    } else if (run.charset !== charset) flush()
    run ??= { charset, octets: [] }
    run.octets.push(octetsOf(encoding, body))
    end = match.index + whole.length
  }
  flush()
  return out + value.slice(end)
}

function decodeRun(run: { charset: string; octets: Buffer[] }): string {
  const octets = Buffer.concat(run.octets)
  return (decodeDeclared(octets, run.charset) ?? guessText(octets)).text
}

function octetsOf(encoding: string, body: string): Buffer {
  if (encoding.toLowerCase() === "b") return Buffer.from(body, "base64")
  const text = body.replaceAll("_", " ").replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => `\u0000${hex}`)
  if (!text.includes("\u0000")) return Buffer.from(text, "utf8")
  const [head = "", ...rest] = text.split("\u0000")
  return Buffer.concat([
    Buffer.from(head, "utf8"),
    ...rest.map((part) => Buffer.concat([Buffer.from(part.slice(0, 2), "hex"), Buffer.from(part.slice(2), "utf8")])),
  ])
}
