const maxDepth = 64
const forbiddenMembers = new Set(["__proto__", "constructor", "prototype"])

export interface JsonFault {
  /** Index into the text, UTF-16 units. */
  at: number
  reason: string
}

/** Member names and positions in arrays, from the top. */
export type JsonPath = (string | number)[]

type Frame = { kind: "object"; members: Set<string>; key: string } | { kind: "array"; key: number }
type Expected = "value" | "value or ]" | "member" | "member or }" | "comma or end"

interface Scan {
  text: string
  at: number
  frames: Frame[]
  expect: Expected
  onValue: OnValue
}

/** Called with the index of each value and the way to it, which is valid during the call. */
type OnValue = (at: number, path: () => JsonPath) => void

const space = /[\t\n\r ]*/y
const scalar = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

/**
 * Walks a JSON text without recursion and finds its first fault, those included that JSON.parse lets pass: a member named twice
 * or like a member of every object, and too many levels. What stands inside quotes is left to JSON.parse.
 */
export function scanJson(text: string, onValue: OnValue = () => undefined): JsonFault | undefined {
  const scan: Scan = { text, at: 0, frames: [], expect: "value", onValue }
  for (;;) {
    skipSpace(scan)
    const char = text[scan.at]
    if (char === undefined) {
      const whole = scan.frames.length === 0 && scan.expect === "comma or end"
      return whole ? undefined : fault(scan, "The JSON ends too early")
    }
    const found = step(scan, char)
    if (found !== undefined) return found
  }
}

function step(scan: Scan, char: string): JsonFault | undefined {
  switch (scan.expect) {
    case "comma or end":
      return afterValue(scan, char)
    case "member":
    case "member or }":
      return char === "}" && scan.expect === "member or }" ? close(scan) : member(scan, char)
    case "value":
    case "value or ]":
      return char === "]" && scan.expect === "value or ]" ? close(scan) : value(scan, char)
  }
}

function afterValue(scan: Scan, char: string): JsonFault | undefined {
  const frame = scan.frames.at(-1)
  if (frame === undefined) return fault(scan, "Something follows the JSON value")
  const closing = frame.kind === "object" ? "}" : "]"
  if (char === closing) return close(scan)
  if (char !== ",") return fault(scan, `A comma or ${closing} is missing`)
  scan.at++
  if (frame.kind === "array") frame.key++
  scan.expect = frame.kind === "object" ? "member" : "value"
  return undefined
}

function close(scan: Scan): undefined {
  scan.frames.pop()
  scan.at++
  scan.expect = "comma or end"
}

function member(scan: Scan, char: string): JsonFault | undefined {
  const end = char === '"' ? stringEnd(scan.text, scan.at) : -1
  if (end === -1) return fault(scan, "A member name in double quotes is missing")
  const why = memberFault(scan.frames.at(-1), scan.text.slice(scan.at, end))
  if (why !== undefined) return fault(scan, why)
  scan.at = end
  skipSpace(scan)
  if (scan.text[scan.at] !== ":") return fault(scan, "A colon is missing")
  scan.at++
  scan.expect = "value"
  return undefined
}

function value(scan: Scan, char: string): JsonFault | undefined {
  scan.onValue(scan.at, () => scan.frames.map(({ key }) => key))
  if (char === "{" || char === "[") {
    if (scan.frames.length === maxDepth) return fault(scan, `The JSON is nested deeper than ${maxDepth} levels`)
    scan.frames.push(char === "{" ? { kind: "object", members: new Set(), key: "" } : { kind: "array", key: 0 })
    scan.at++
    scan.expect = char === "{" ? "member or }" : "value or ]"
    return undefined
  }
  const end = char === '"' ? stringEnd(scan.text, scan.at) : scalarEnd(scan.text, scan.at)
  if (end === -1) return fault(scan, char === '"' ? "A text is not closed" : "A value is missing or not valid JSON")
  scan.at = end
  scan.expect = "comma or end"
  return undefined
}

function skipSpace(scan: Scan): void {
  space.lastIndex = scan.at
  space.test(scan.text)
  scan.at = space.lastIndex
}

const fault = (scan: Scan, reason: string): JsonFault => ({ at: scan.at, reason })

/** Index after the closing quote, or -1. */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote === -1) return -1
    let slashes = 0
    while (text[quote - 1 - slashes] === "\\") slashes++
    if (slashes % 2 === 0) return quote + 1
    at = quote + 1
  }
}

function scalarEnd(text: string, start: number): number {
  scalar.lastIndex = start
  return scalar.test(text) ? scalar.lastIndex : -1
}

function memberFault(frame: Frame | undefined, quoted: string): string | undefined {
  const name = unquote(quoted)
  if (name === undefined) return "The member name is not valid JSON"
  if (forbiddenMembers.has(name)) return `The member name ${name} is not allowed`
  if (frame?.kind !== "object") return undefined
  if (frame.members.has(name)) return `The member ${name.slice(0, 64)} occurs twice`
  frame.members.add(name)
  frame.key = name
  return undefined
}

function unquote(quoted: string): string | undefined {
  try {
    const name: unknown = JSON.parse(quoted)
    return typeof name === "string" ? name : undefined
  } catch {
    // The caller is told in its own words, with the place.
    return undefined
  }
}
