/** A mailbox with the parameters after it, or the reply that refuses it. */
export type ParsedPath =
  | { readonly address: string; readonly parameters: Readonly<Record<string, string>> }
  | { readonly refusal: string }

export type PathRules = {
  readonly keyword: "FROM" | "TO"
  /** Upper-case names of the parameters that may follow. */
  readonly parameters: ReadonlySet<string>
}

/** Limits of RFC 5321 §4.5.3.1, with room for SMTPUTF8. */
const maxPathBytes = 254
const maxLocalPartBytes = 64

/** Reads `FROM:<address> NAME=value ...` (RFC 5321 §4.1.2). */
export function parsePath(argument: string, { keyword, parameters }: PathRules): ParsedPath {
  const match = /^([A-Za-z]+):\s*<([^<>]*)>(?:\s+(.*))?$/.exec(argument.trim())
  const [, word, address = "", rest = ""] = match ?? []
  if (word?.toUpperCase() !== keyword) return { refusal: `501 5.5.4 Syntax: ${keyword}:<address>` }
  const flaw = addressFlaw(address, keyword)
  if (flaw) return { refusal: flaw }
  const found: Record<string, string> = {}
  for (const one of rest.split(/\s+/).filter(Boolean)) {
    const [name = "", ...value] = one.split("=")
    const upper = name.toUpperCase()
    if (!parameters.has(upper)) return { refusal: `555 5.5.4 Unsupported parameter ${upper.slice(0, 40)}` }
    if (upper in found) return { refusal: `501 5.5.4 Parameter ${upper} given twice` }
    found[upper] = value.join("=")
  }
  return { address, parameters: found }
}

function addressFlaw(address: string, keyword: "FROM" | "TO"): string | undefined {
  const code = keyword === "FROM" ? "5.1.7" : "5.1.3"
  if (address === "") return keyword === "FROM" ? undefined : `501 ${code} Empty recipient`
  const at = address.lastIndexOf("@")
  if (at <= 0 || at === address.length - 1 || /\s/.test(address)) return `501 ${code} Bad address syntax`
  const tooLong =
    Buffer.byteLength(address) > maxPathBytes || Buffer.byteLength(address.slice(0, at)) > maxLocalPartBytes
  return tooLong ? `501 ${code} Address too long` : undefined
}
