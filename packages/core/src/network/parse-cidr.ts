import { type IpAddress, parseIpAddress } from "./ip-address.ts"

export interface Cidr extends IpAddress {
  /** Leading bits that count. */
  prefix: number
}

/** `10.0.0.0/8`, `fd00::/8`, or a single address. Undefined when it is none; bits beyond the prefix are ignored. */
export function parseCidr(text: string): Cidr | undefined {
  const [base = "", length, ...rest] = text.trim().split("/")
  const address = parseIpAddress(base)
  if (address === undefined || rest.length > 0) return undefined
  const bits = bitsOf(address.family)
  if (length === undefined) return { ...address, prefix: bits }
  if (!/^(0|[1-9][0-9]{0,2})$/.test(length) || Number(length) > bits) return undefined
  const prefix = Number(length)
  const hostBits = BigInt(bits - prefix)
  return { family: address.family, value: (address.value >> hostBits) << hostBits, prefix }
}

/** Whether the network holds the address; never across families. */
export function contains(network: Cidr, address: IpAddress): boolean {
  if (network.family !== address.family) return false
  const hostBits = BigInt(bitsOf(network.family) - network.prefix)
  return address.value >> hostBits === network.value >> hostBits
}

/** Whether `inner` lies wholly within `outer`. */
export function within(inner: Cidr, outer: Cidr): boolean {
  return inner.prefix >= outer.prefix && contains(outer, inner)
}

const bitsOf = (family: 4 | 6): number => (family === 4 ? 32 : 128)
