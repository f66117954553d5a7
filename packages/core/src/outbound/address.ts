import type { Address } from "./message.ts"

export type ParsedAddress =
  | { ok: true; address: Address; smtpUtf8: boolean }
  /** `reason`: one clause without the address in it. */
  | { ok: false; reason: string }

const maxTextLength = 998
const maxLocalOctets = 64
const maxDomainOctets = 255
/** RFC 5321 section 4.5.3.1.3, less the brackets. */
const maxPathOctets = 254

/** RFC 5322 atext, and letters, marks, digits and symbols beyond ASCII (RFC 6531); punctuation there looks too much like ours. */
const atext =
  "(?:[A-Za-z0-9_!#$%&'*+/=?^`{|}~-]|[^\\0-\\x7f\\P{L}]|[^\\0-\\x7f\\P{M}]|[^\\0-\\x7f\\P{N}]|[^\\0-\\x7f\\P{S}])"
const dotAtom = new RegExp(`^${atext}+(?:\\.${atext}+)*$`, "u")
const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/
const quotedName = /^"((?:[^"\\]|\\.)*)"$/u

/**
 * `a@b` or `Name <a@b>`, by a strict grammar (mail-rules G2, RFC 5321 section 4.1.2): dot-atom local part, domain as A-labels in lower case, display name
 * bare or quoted. No comments, groups, routes, quoted local parts, address literals or encoded words. Pure.
 */
export function parseAddress(text: string): ParsedAddress {
  if (text.length > maxTextLength) return refuse("it is too long")
  // Not `trim`: a line break at an end is no white space to be overlooked (mail-rules G1).
  const value = text.replace(/^[ \t]+/, "").replace(/[ \t]+$/, "")
  if (hasControls(value)) return refuse("it contains control characters")
  const open = value.endsWith(">") ? value.lastIndexOf("<") : -1
  if (open < 0) return withName(null, value)
  const name = parseName(value.slice(0, open).trim())
  if (!name.ok) return name
  return withName(name.name, value.slice(open + 1, -1))
}

function withName(name: string | null, text: string): ParsedAddress {
  const spec = parseSpec(text)
  return spec.ok ? { ok: true, address: { name, address: spec.address }, smtpUtf8: !isAscii(spec.address) } : spec
}

type Refusal = Extract<ParsedAddress, { ok: false }>

function parseName(text: string): { ok: true; name: string | null } | Refusal {
  if (text.includes("=?")) return refuse("the name is an encoded word; write it in plain characters")
  const quoted = quotedName.exec(text)?.[1]
  const name = quoted === undefined ? text : quoted.replace(/\\(.)/gu, "$1")
  if (quoted === undefined && /[<>"(),:;@[\]\\]/.test(text)) return refuse("the name needs quotes")
  return { ok: true, name: name.trim() === "" ? null : name.trim() }
}

function parseSpec(text: string): { ok: true; address: string } | Refusal {
  const at = text.lastIndexOf("@")
  if (at < 0) return refuse("it has no @")
  const local = text.slice(0, at)
  if (octets(local) > maxLocalOctets) return refuse("the part before the @ is longer than 64 octets")
  if (!dotAtom.test(local)) return refuse("the part before the @ is not made of letters, digits and single dots")
  const domain = toAsciiDomain(text.slice(at + 1))
  if (domain === null) return refuse("the part after the @ is no domain name")
  if (octets(local) + 1 + domain.length > maxPathOctets) return refuse("it is longer than 254 octets")
  return { ok: true, address: `${local}@${domain}` }
}

/** A domain in lower-case A-labels (RFC 5890, UTS 46 as browsers do it); null for what is none, IP addresses among it. Pure. */
export function toAsciiDomain(domain: string): string | null {
  // Whatever a URL would not read as part of its host.
  if (domain === "" || /[\s/?#@:\\%<>^|[\]`{}"]/u.test(domain) || hasControls(domain)) return null
  const host = hostOf(domain)
  if (host === null || host.length > maxDomainOctets) return null
  const labels = host.split(".")
  const last = labels.at(-1) ?? ""
  return labels.every((each) => label.test(each)) && !/^(?:\d+|0x[0-9a-f]*)$/.test(last) ? host : null
}

function hostOf(domain: string): string | null {
  const url = URL.parse(`http://${domain}/`)
  return url === null || url.pathname !== "/" ? null : url.hostname
}

/** Controls, bidirectional overrides, line separators and half characters. */
function hasControls(text: string): boolean {
  return !text.isWellFormed() || /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(text)
}

const octets = (text: string): number => new TextEncoder().encode(text).length

// biome-ignore lint/suspicious/noControlCharactersInRegex: the whole of ASCII
const isAscii = (text: string): boolean => /^[\u0000-\u007f]*$/.test(text)

const refuse = (reason: string): Refusal => ({ ok: false, reason })
