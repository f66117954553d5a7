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

type Cursor = {
  readonly line: string
  readonly literals: Buffer[]
  position: number
  left: number
}

/** Splits a line, in which `literalMark` stands for each literal, into tokens. Throws CommandSyntaxError. */
export function readTokens(line: string, literals: readonly Buffer[]): Token[] {
  return readItems({ line, literals: [...literals], position: 0, left: maxTokens }, 0)
}

/** The tokens up to the closing parenthesis; at depth 0 up to the end of the line. */
function readItems(cursor: Cursor, depth: number): Token[] {
  if (depth > maxDepth) throw new CommandSyntaxError("lists nested too deep")
  const items: Token[] = []
  for (;;) {
    while (cursor.line[cursor.position] === " ") cursor.position += 1
    const character = cursor.line[cursor.position]
    if (character === undefined || character === ")") {
      if ((character === undefined) !== (depth === 0)) throw new CommandSyntaxError("parentheses do not match")
      cursor.position += 1
      return items
    }
    cursor.left -= 1
    if (cursor.left < 0) throw new CommandSyntaxError("too many tokens")
    items.push(readToken(cursor, character, depth))
  }
}

function readToken(cursor: Cursor, character: string, depth: number): Token {
  if (character === "(") {
    cursor.position += 1
    return { kind: "list", items: readItems(cursor, depth + 1) }
  }
  if (character === literalMark) {
    cursor.position += 1
    return { kind: "string", octets: cursor.literals.shift() ?? Buffer.alloc(0) }
  }
  if (character !== '"') return { kind: "atom", text: take(cursor, atomShape) }
  const quoted = take(cursor, quotedShape).slice(1, -1)
  return { kind: "string", octets: Buffer.from(quoted.replace(/\\(["\\])/g, "$1"), "latin1") }
}

const quotedShape = /"(?:[^"\\]|\\["\\])*"/y
/** What stands in brackets, as in BODY[HEADER.FIELDS (To)], belongs to the atom. */
const atomShape = /(?:[^\s()"[\]\0]|\[[^\]\0]*\]|\])+/y

function take(cursor: Cursor, shape: RegExp): string {
  shape.lastIndex = cursor.position
  const found = shape.exec(cursor.line)
  if (!found) throw new CommandSyntaxError(`unexpected ${JSON.stringify(cursor.line[cursor.position])}`)
  cursor.position = shape.lastIndex
  return found[0]
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
