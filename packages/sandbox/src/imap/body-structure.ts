import { headerValue } from "../message/headers.ts"
import { type Part, readParameters } from "../message/structure.ts"
import { envelope } from "./envelope.ts"
import { quote } from "./tokens.ts"

/** BODY or, with the extension data, BODYSTRUCTURE (RFC 3501 §7.4.2). Lines are not counted: clients do not use them. */
export function bodyStructure(part: Part, extended: boolean): string {
  if (part.type === "MULTIPART") {
    const children = part.children.map((child) => bodyStructure(child, extended)).join("")
    const rest = extended ? ` ${parameterList(part.parameters)} ${disposition(part)} NIL NIL` : ""
    return `(${children} ${quote(part.subtype)}${rest})`
  }
  const size = part.end - part.bodyStart
  const basic = [
    quote(part.type),
    quote(part.subtype),
    parameterList(part.parameters),
    quote(headerValue(part.fields, "content-id")),
    quote(headerValue(part.fields, "content-description")),
    quote((headerValue(part.fields, "content-transfer-encoding") ?? "7BIT").toUpperCase()),
    `${size}`,
  ]
  const [inner] = part.children
  if (inner) basic.push(envelope(inner.fields), bodyStructure(inner, extended))
  if (inner || part.type === "TEXT") basic.push("0")
  return `(${[...basic, ...(extended ? ["NIL", disposition(part), "NIL", "NIL"] : [])].join(" ")})`
}

function disposition(part: Part): string {
  const text = headerValue(part.fields, "content-disposition")
  if (text === undefined) return "NIL"
  const { value, parameters } = readParameters(text)
  return `(${quote(value.toUpperCase())} ${parameterList(parameters)})`
}

function parameterList(parameters: ReadonlyMap<string, string>): string {
  if (parameters.size === 0) return "NIL"
  return `(${[...parameters].map(([name, value]) => `${quote(name.toUpperCase())} ${quote(value)}`).join(" ")})`
}
