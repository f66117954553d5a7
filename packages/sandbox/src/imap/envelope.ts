import { type HeaderField, headerValue } from "../message/headers.ts"
import { quote } from "./tokens.ts"

/** ENVELOPE (RFC 3501 §7.4.2). Groups and comments in addresses are left as they are. */
export function envelope(fields: readonly HeaderField[]): string {
  const text = (name: string) => quote(headerValue(fields, name))
  const addresses = (name: string) => addressList(headerValue(fields, name) ?? "")
  const from = addresses("from")
  const orFrom = (name: string) => (headerValue(fields, name) ? addresses(name) : from)
  const people = [from, orFrom("sender"), orFrom("reply-to"), addresses("to"), addresses("cc"), addresses("bcc")]
  return `(${[text("date"), text("subject"), ...people, text("in-reply-to"), text("message-id")].join(" ")})`
}

function addressList(value: string): string {
  const one = /(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<])+/g
  const found = (value.slice(0, 100_000).match(one) ?? []).map(readAddress).filter((address) => address !== undefined)
  return found.length === 0 ? "NIL" : `(${found.join("")})`
}

function readAddress(text: string): string | undefined {
  const angle = /^(.*)<([^>]*)>\s*$/s.exec(text.trim())
  const address = (angle ? angle[2] : text)?.trim() ?? ""
  const name = angle?.[1]
    ?.trim()
    .replace(/^"(.*)"$/s, "$1")
    .replace(/\\(.)/g, "$1")
  if (address === "") return undefined
  const at = address.lastIndexOf("@")
  const [mailbox, host] = at < 0 ? [address, ""] : [address.slice(0, at), address.slice(at + 1)]
  return `(${quote(name || null)} NIL ${quote(mailbox)} ${quote(host)})`
}
