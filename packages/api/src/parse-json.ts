import { RelayError } from "@postrider/core/error/relay-error"
import { scanJson } from "./scan-json.ts"

/**
 * Reads a body as JSON (RFC 8259) in UTF-8. Stricter than JSON.parse where a caller's mistake would be dropped in silence: no member
 * twice in one object, no members `__proto__`, `constructor`, `prototype`, at most 64 levels.
 * @throws RelayError `invalid_json`, with line and column.
 */
export function parseJson(bytes: Uint8Array): unknown {
  const text = decode(bytes)
  const fault = scanJson(text)
  if (fault !== undefined) throw invalidJson(`${fault.reason} at ${place(text, fault.at)}.`)
  try {
    return JSON.parse(text)
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

function invalidJson(detail: string, cause?: unknown): RelayError {
  return new RelayError("invalid_json", detail, cause === undefined ? {} : { cause })
}
