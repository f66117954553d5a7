/** An IP address as a number, so that ranges are comparisons. */
export interface IpAddress {
  family: 4 | 6
  value: bigint
}

/**
 * Reads an address as sockets and resolvers write it: four plain decimal octets, or RFC 4291 text (with `::` and an IPv4 tail).
 * Undefined for everything else, octal, hex and short spellings and zone ids among them; WHATWG URL makes those canonical first.
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  const value = text.includes(":") ? parseV6(text) : parseV4(text)
  return value === undefined ? undefined : { family: text.includes(":") ? 6 : 4, value }
}

function parseV4(text: string): bigint | undefined {
  const octets = text.split(".")
  if (octets.length !== 4 || !octets.every((octet) => /^(0|[1-9][0-9]{0,2})$/.test(octet) && Number(octet) < 256)) {
    return undefined
  }
  return octets.reduce((sum, octet) => sum * 256n + BigInt(octet), 0n)
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split("::")
  if (halves.length > 2) return undefined
  const [head = "", tail] = halves
  const left = groupsOf(head, tail === undefined)
  const right = tail === undefined ? [] : groupsOf(tail, true)
  if (left === undefined || right === undefined) return undefined
  const missing = 8 - left.length - right.length
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...left, ...new Array<bigint>(missing).fill(0n), ...right]
  return groups.reduce((sum, group) => (sum << 16n) + group, 0n)
}

/** Groups of 16 bits; an IPv4 tail counts as two and may only stand at the very end of the address. */
function groupsOf(text: string, atEnd: boolean): bigint[] | undefined {
  if (text === "") return []
  const groups: bigint[] = []
  const parts = text.split(":")
  for (const [index, part] of parts.entries()) {
    if (part.includes(".")) {
      const v4 = parseV4(part)
      if (v4 === undefined || !atEnd || index !== parts.length - 1) return undefined
      groups.push(v4 >> 16n, v4 & 0xffffn)
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(BigInt(`0x${part}`))
    } else {
      return undefined
    }
  }
  return groups
}
