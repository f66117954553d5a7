import { CommandSyntaxError, type Token, textOf } from "./tokens.ts"

/** One thing to fetch: a plain attribute, or a section of the message. */
export type FetchItem =
  | { readonly kind: "attribute"; readonly name: string }
  | {
      readonly kind: "section"
      /** As the answer names it, e.g. `BODY[1.TEXT]` or `RFC822`. */
      readonly label: string
      readonly part: readonly number[]
      readonly what: "" | "HEADER" | "TEXT" | "MIME" | "HEADER.FIELDS" | "HEADER.FIELDS.NOT"
      readonly fields: readonly string[]
      readonly partial: { readonly start: number; readonly length: number } | undefined
      readonly peek: boolean
    }

type Section = Extract<FetchItem, { kind: "section" }>

const attributes = new Set([
  "UID",
  "FLAGS",
  "INTERNALDATE",
  "RFC822.SIZE",
  "ENVELOPE",
  "BODY",
  "BODYSTRUCTURE",
  "EMAILID",
  "THREADID",
])
const macros: Readonly<Record<string, readonly string[]>> = {
  FAST: ["FLAGS", "INTERNALDATE", "RFC822.SIZE"],
  ALL: ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"],
  FULL: ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"],
}
const whole = { part: [], fields: [], partial: undefined, kind: "section" } as const
const oldNames: Readonly<Record<string, Section>> = {
  RFC822: { ...whole, label: "RFC822", what: "", peek: false },
  "RFC822.HEADER": { ...whole, label: "RFC822.HEADER", what: "HEADER", peek: true },
  "RFC822.TEXT": { ...whole, label: "RFC822.TEXT", what: "TEXT", peek: false },
}
const sectionShape =
  /^BODY(\.PEEK)?\[((?:\d{1,5}(?:\.\d{1,5}){0,19})?)\.?(HEADER\.FIELDS(?:\.NOT)?|HEADER|TEXT|MIME)?(?: \((.*)\))?\](?:<(\d{1,10})\.(\d{1,10})>)?$/i

/** Reads what FETCH asks for (RFC 3501 §6.4.5). Throws CommandSyntaxError. */
export function readFetchItems(token: Token | undefined): FetchItem[] {
  const names = token?.kind === "list" ? token.items.map(textOf) : expand(textOf(token))
  if (names.length === 0) throw new CommandSyntaxError("nothing to fetch")
  return names.map(readItem)
}

/** Whether the item sends the text of the message, not only its headers. */
export function isBody(item: FetchItem): boolean {
  return item.kind === "section" && (item.what === "" || item.what === "TEXT")
}

function expand(name: string): readonly string[] {
  return macros[name.toUpperCase()] ?? [name]
}

function readItem(text: string): FetchItem {
  const name = text.toUpperCase()
  if (attributes.has(name)) return { kind: "attribute", name }
  const old = oldNames[name]
  if (old) return old
  const match = sectionShape.exec(text)
  if (!match) throw new CommandSyntaxError(`unknown fetch item ${text.slice(0, 60)}`)
  const [, peek, part = "", what = "", fields = "", start, length] = match
  const inside = `${part}${part && what ? "." : ""}${what.toUpperCase()}${fields ? ` (${fields})` : ""}`
  return {
    kind: "section",
    label: `BODY[${inside}]`,
    part: part === "" ? [] : part.split(".").map(Number),
    what: what.toUpperCase() as Section["what"],
    fields: fields.toLowerCase().replaceAll('"', "").split(/\s+/).filter(Boolean),
    partial: start === undefined ? undefined : { start: Number(start), length: Number(length) },
    peek: peek !== undefined,
  }
}
