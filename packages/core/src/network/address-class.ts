import type { IpAddress } from "./ip-address.ts"
import { type Cidr, contains, parseCidr, within } from "./parse-cidr.ts"

/** IPv4 that is no globally routable unicast (IANA special-purpose registry, RFC 6890), and the Azure platform address. */
const specialV4 = networks(
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/4",
  "240.0.0.0/4",
)

const globalV6 = networks("2000::/3")
/** Inside 2000::/3, yet no plain public hosts: Teredo, ORCHID and other protocols, 6to4, documentation. */
const specialV6 = networks("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")

/** IPv6 that carries an IPv4 address in its last 32 bits: compatible, mapped, translated (SIIT), NAT64 (RFC 6052). */
const carriers = networks("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")

/** This host, its link and the metadata services of clouds: open only to a network of the operator's that names just them. */
const guarded = networks(
  "0.0.0.0/8",
  "127.0.0.0/8",
  "168.63.129.16/32",
  "169.254.0.0/16",
  "::/127",
  "fe80::/10",
  "fd00:ec2::/32",
)

/** The address a connection would end at: the IPv4 address inside where there is one. */
export function reachedAddress(address: IpAddress): IpAddress {
  if (!inAny(carriers, address)) return address
  return { family: 4, value: address.value & 0xffffffffn }
}

/** Globally routable unicast, by allow-list: what is not known to be public is not. */
export function isPublic(address: IpAddress): boolean {
  const reached = reachedAddress(address)
  if (reached.family === 4) return !inAny(specialV4, reached)
  return inAny(globalV6, reached) && !inAny(specialV6, reached)
}

/**
 * Whether the operator opened this address. Wide networks such as 0.0.0.0/0 do not open loopback, link-local and metadata
 * addresses: these need a network that lies within their range, such as 127.0.0.0/8 or 169.254.169.254/32.
 */
export function isOpened(address: IpAddress, allowed: readonly Cidr[]): boolean {
  const forms = [address, reachedAddress(address)]
  const guards = guarded.filter((guard) => forms.some((form) => contains(guard, form)))
  return allowed.some(
    (network) =>
      forms.some((form) => contains(network, form)) &&
      (guards.length === 0 || guards.some((guard) => within(network, guard))),
  )
}

function inAny(list: readonly Cidr[], address: IpAddress): boolean {
  return list.some((network) => contains(network, address))
}

function networks(...texts: string[]): Cidr[] {
  return texts.map(parseCidr).filter((network) => network !== undefined)
}
