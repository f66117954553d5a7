/** What an IMAP command is made of (RFC 3501 §4). Octets are kept as latin1 text. */
export type Token =
  | { readonly kind: "atom"; readonly text: string }
  | { readonly kind: "string"; readonly octets: Buffer }
  | { readonly kind: "list"; readonly items: readonly Token[] }

/** A command line that cannot be read: answered BAD. */
export class CommandSyntaxError extends Error {
  override readonly name = "CommandSyntaxError"
}

/** Stands in a line for the next literal; a client may not send it. */
export const literalMark = "\0"

const maxDepth = 20
const maxTokens = 100_000

/** Splits a line, in which `literalMark` stands for each literal, into tokens. Throws CommandSyntaxError. */
export function readTokens(line: string, literals: readonly Buffer[]): Token[] {
  let position = 0
  let nextLiteral = 0
  let count = 0

  const readList = (depth: number): Token[] => {
    if (depth > maxDepth) throw new CommandSyntaxError("lists nested too deep")
    const items: Token[] = []
    for (;;) {
      while (line[position] === " ") position += 1
      const character = line[position]
      if (character === undefined) {
        if (depth > 0) throw new CommandSyntaxError("list without end")
        return items
      }
      if (character === ")") {
        if (depth === 0) throw new CommandSyntaxError("unexpected )")
        position += 1
        return items
      }
      count += 1
      if (count > maxTokens) throw new CommandSyntaxError("too many tokens")
      items.push(readToken(character, depth))
    }
  }
  const readToken = (character: string, depth: number): Token => {
    if (character === "(") {
      position += 1
      return { kind: "list", items: readList(depth + 1) }
    }
    if (character === '"') return readQuoted()
    if (character === literalMark) {
      position += 1
      nextLiteral += 1
      return { kind: "string", octets: literals[nextLiteral - 1] ?? Buffer.alloc(0) }
    }
    return readAtom()
  }
  const readQuoted = (): Token => {
    const match = /"((?:[^"\\]|\\["\\])*)"/y
    match.lastIndex = position
    const found = match.exec(line)
    if (!found) throw new CommandSyntaxError("quoted string without end")
    position = match.lastIndex
    return { kind: "string", octets: Buffer.from((found[1] ?? "").replace(/\\(["\\])/g, "$1"), "latin1") }
  }
  /** An atom; what stands in brackets, as in BODY[HEADER.FIELDS (To)], belongs to it. */
  const readAtom = (): Token => {
    const match = /(?:[^\s()"[\]\0]|\[[^\]\0]*\]|\])+/y
    match.lastIndex = position
    const found = match.exec(line)
    if (!found) throw new CommandSyntaxError(`unexpected ${JSON.stringify(line[position])}`)
    position = match.lastIndex
    return { kind: "atom", text: found[0] }
  }
  return readList(0)
}

/** The text of an atom or string, as latin1; throws for a list or nothing. */
export function textOf(token: Token | undefined): string {
  if (token?.kind === "atom") return token.text
  if (token?.kind === "string") return token.octets.toString("latin1")
  throw new CommandSyntaxError("missing argument")
}

/** The items of a list; throws for anything else. */
export function itemsOf(token: Token | undefined): readonly Token[] {
  if (token?.kind === "list") return token.items
  throw new CommandSyntaxError("expected a list")
}

/** A string for an answer: quoted where that can carry it, else a literal; null as NIL. */
export function quote(value: string | null | undefined): string {
  if (value === null || value === undefined) return "NIL"
  if (/^[\x20-\x7e]*$/.test(value) && value.length < 1000) return `"${value.replace(/["\\]/g, "\\$&")}"`
  return `{${value.length}}\r\n${value}`
}
