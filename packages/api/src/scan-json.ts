const maxDepth = 64
const forbiddenMembers = new Set(["__proto__", "constructor", "prototype"])

export interface JsonFault {
  /** Index into the text, UTF-16 units. */
  at: number
  reason: string
}

type Frame = { kind: "object"; members: Set<string> } | { kind: "array" }

const space = /[\t\n\r ]*/y
const scalar = /true|false|null|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

/** Walks a JSON text without recursion and finds its first fault, one that JSON.parse would let pass included. */
export function scanJson(text: string): JsonFault | undefined {
  const frames: Frame[] = []
  let at = 0
  const skipSpace = (): void => {
    space.lastIndex = at
    space.test(text)
    at = space.lastIndex
  }
  const fault = (reason: string, where = at): JsonFault => ({ at: where, reason })

  let expect: "value" | "value or ]" | "member" | "member or }" | "comma or end" = "value"
  for (;;) {
    skipSpace()
    const char = text[at]
    const frame = frames.at(-1)
    if (char === undefined) {
      return frames.length === 0 && expect === "comma or end" ? undefined : fault("The JSON ends too early")
    }
    if (expect === "comma or end") {
      if (frame === undefined) return fault("Something follows the JSON value")
      if (char === ",") expect = frame.kind === "object" ? "member" : "value"
      else if (char === closing(frame)) frames.pop()
      else return fault(`A comma or ${closing(frame)} is missing`)
      at++
      continue
    }
    if (expect === "member" || expect === "member or }") {
      if (char === "}" && expect === "member or }") {
        frames.pop()
        at++
        expect = "comma or end"
        continue
      }
      const end = char === '"' ? stringEnd(text, at) : -1
      if (end === -1) return fault("A member name in double quotes is missing")
      const why = memberFault(frame, text.slice(at, end))
      if (why !== undefined) return fault(why)
      at = end
      skipSpace()
      if (text[at] !== ":") return fault("A colon is missing")
      at++
      expect = "value"
      continue
    }
    if (char === "]" && expect === "value or ]") {
      frames.pop()
      at++
      expect = "comma or end"
    } else if (char === "{" || char === "[") {
      if (frames.length === maxDepth) return fault(`The JSON is nested deeper than ${maxDepth} levels`)
      frames.push(char === "{" ? { kind: "object", members: new Set() } : { kind: "array" })
      at++
      expect = char === "{" ? "member or }" : "value or ]"
    } else {
      const end = char === '"' ? stringEnd(text, at) : scalarEnd(text, at)
      if (end === -1)
        return fault(char === '"' ? "The text in quotes is not valid JSON" : "A value is missing or not valid JSON")
      at = end
      expect = "comma or end"
    }
  }
}

const closing = (frame: Frame): string => (frame.kind === "object" ? "}" : "]")

/** Index after the closing quote, or -1. Escapes and controls inside are left to JSON.parse. */
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
  return undefined
}

function unquote(quoted: string): string | undefined {
  try {
    const value: unknown = JSON.parse(quoted)
    return typeof value === "string" ? value : undefined
  } catch {
    return undefined
  }
}
