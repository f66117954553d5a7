import { RelayError } from "@postrider/core/error/relay-error"
import { type JsonPath, scanJson } from "./scan-json.ts"

/**
 * Reads a body as JSON (RFC 8259) in UTF-8. Stricter than JSON.parse where a caller's mistake would be dropped in silence: no member
 * twice in one object, no members `__proto__`, `constructor`, `prototype`, at most 64 levels.
 * @throws RelayError `invalid_json`, with line and column.
 */
export function parseJson(bytes: Uint8Array): unknown {
  return parseParts([bytes]).value
}

/**
 * As `parseJson`, of a text that comes in parts; where one ends and the next begins stands an empty text, whose path is answered. Columns
 * count it as empty too.
 */
export function parseParts(parts: readonly Uint8Array[]): { value: unknown; paths: JsonPath[] } {
  const seams = new Set<number>()
  let text = ""
  for (const [index, part] of parts.entries()) {
    // The quote that opens the empty text is the last character before the seam.
    if (index > 0) seams.add(text.length - 1)
    text += decode(part)
  }
  const paths: JsonPath[] = []
  const fault = scanJson(text, (at, path) => {
    if (seams.has(at)) paths.push(path())
  })
  if (fault !== undefined) throw invalidJson(`${fault.reason} at ${place(text, fault.at)}.`)
  try {
    return { value: JSON.parse(text), paths }
  } catch (cause) {
    throw invalidJson("The body is not valid JSON.", cause)
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch (cause) {
    throw invalidJson("The body is not valid UTF-8.", cause)
  }
}

function place(text: string, at: number): string {
  const before = text.slice(0, at)
  const line = before.split("\n").length
  return `line ${line}, column ${at - before.lastIndexOf("\n")}`
}

export function invalidJson(detail: string, cause?: unknown): RelayError {
  return new RelayError("invalid_json", detail, cause === undefined ? {} : { cause })
}
