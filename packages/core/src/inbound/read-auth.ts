import type { InboundMessage } from "./message.ts"
import { receivedBy } from "./received-header.ts"

type Headers = readonly (readonly [name: string, value: string])[]

/**
 * Authentication-Results (RFC 8601) of a host the account trusts, above the first Received that another host added: what stands
 * below could be the sender's own words. Null when there is none, never a guess (mail-rules K3).
 */
export function readAuth(headers: Headers, authservIds: readonly string[]): InboundMessage["auth"] {
  const trusted = new Set(authservIds.map((id) => id.toLowerCase()))
  let own = false
  for (const [name, value] of headers) {
    const key = name.toLowerCase()
    if (key === "received") {
      const by = receivedBy(value)
      if (by !== null && trusted.has(by)) own = true
      // Relays inside the host name themselves by address; above its own Received nobody else can have written.
      else if (own || by === null || !isAddress(by)) return null
    }
    if (key !== "authentication-results") continue
    const [id = "", ...results] = value.split(";")
    const authserv = id.trim().split(/\s+/)[0]?.toLowerCase() ?? ""
    if (!trusted.has(authserv)) continue
    const result = (method: string) => resultOf(results, method)
    return { spf: result("spf"), dkim: result("dkim"), dmarc: result("dmarc"), authserv_id: authserv }
  }
  return null
}

function resultOf(results: readonly string[], method: string): string | null {
  const found = results
    .map((one) => /^\s*([a-z]+)\s*=\s*([a-z]+)/i.exec(one))
    .filter((match) => match?.[1]?.toLowerCase() === method)
    .map((match) => match?.[2]?.toLowerCase() ?? "")
  // Several DKIM signatures give several results; one that passes is what counts.
  return found.includes("pass") ? "pass" : (found[0] ?? null)
}

function isAddress(host: string): boolean {
  return /^\[?[0-9a-f:.]+\]?$/.test(host) && (host.includes(":") || /^\[?\d+\.\d+\.\d+\.\d+\]?$/.test(host))
}
