type Headers = readonly (readonly [name: string, value: string])[]

/** Date of the topmost Received header (RFC 5321 section 4.4), milliseconds; null where there is none or it is unreadable. */
export function topReceivedDate(headers: Headers): number | null {
  const top = headers.find(([name]) => name.toLowerCase() === "received")
  if (top === undefined) return null
  const text = top[1]
    .slice(top[1].lastIndexOf(";") + 1)
    .replace(/\([^()]*\)/g, " ")
    .trim()
  if (!/\d/.test(text) || text.length > 200) return null
  const time = Date.parse(text)
  return Number.isNaN(time) ? null : time
}

/** The host that added a Received header, lower case; null where it does not say. */
export function receivedBy(value: string): string | null {
  return /(?:^|\s)by\s+([^\s;()]+)/i.exec(value)?.[1]?.toLowerCase() ?? null
}
