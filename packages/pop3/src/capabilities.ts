/** Tags in upper case with their arguments as sent (RFC 2449 section 5); empty when the server knows no CAPA. */
export type Pop3Capabilities = ReadonlyMap<string, readonly string[]>

export function parseCapabilities(lines: readonly string[]): Pop3Capabilities {
  const capabilities = new Map<string, readonly string[]>()
  for (const line of lines) {
    const [tag, ...args] = line.trim().split(/\s+/)
    if (tag !== undefined && tag !== "") capabilities.set(tag.toUpperCase(), args)
  }
  return capabilities
}

/** SASL mechanisms offered, in upper case. */
export const mechanisms = (capabilities: Pop3Capabilities): string[] =>
  (capabilities.get("SASL") ?? []).map((name) => name.toUpperCase())
