import { RelayError } from "../error/relay-error.ts"
import type { VetAddress } from "../ports/mail-server.ts"
import type { NameResolver, ResolvedAddress } from "../ports/name-resolver.ts"
import { isOpened, isPublic } from "./address-class.ts"
import { parseIpAddress } from "./ip-address.ts"
import { type Cidr, parseCidr } from "./parse-cidr.ts"

/** Ports of SMTP, IMAP and POP3 (mail-rules N1). */
const mailPorts: readonly number[] = [25, 465, 587, 2525, 2465, 2587, 143, 993, 110, 995]

export interface DialGuardOptions {
  resolver: NameResolver
  /** CIDRs that may be reached beyond the public internet, on any port. */
  allowNetworks: readonly string[]
  /** Mail ports beyond the usual. */
  allowPorts: readonly number[]
  /** Ports of https. */
  webhookPorts: readonly number[]
}

/**
 * The one judge of what may be dialled. Public unicast on a usual port (mail) or over TLS on a webhook port (http); everything else
 * only within the operator's networks. Every address of a name must pass, and the caller dials one of those returned, so that a
 * name cannot change its mind in between. All refusals are alike: they tell nothing about what a name resolves to.
 * @throws RelayError `invalid_request` at once when a network is no CIDR.
 */
export function createDialGuard(options: DialGuardOptions): VetAddress {
  const allowed = options.allowNetworks.map(readNetwork)
  return async function vet({ host, port, purpose, tls = true }, signal) {
    const name = canonicalHost(host)
    if (name === undefined || !Number.isInteger(port) || port < 1 || port > 65_535) throw refusal()
    const usual =
      purpose === "mail"
        ? mailPorts.includes(port) || options.allowPorts.includes(port)
        : tls && options.webhookPorts.includes(port)
    const addresses = literal(name) ?? (await options.resolver.resolve(name, signal))
    const passing = addresses.filter((address) => mayReach(address, allowed, usual))
    // Both loopback addresses answer to this name, and an operator names one network; a public name has no such excuse.
    const enough = name === "localhost" ? passing.length > 0 : passing.length === addresses.length
    if (passing.length === 0 || !enough) throw refusal()
    return passing
  }
}

function mayReach({ address }: ResolvedAddress, allowed: readonly Cidr[], usualPort: boolean): boolean {
  const parsed = parseIpAddress(address)
  return parsed !== undefined && ((usualPort && isPublic(parsed)) || isOpened(parsed, allowed))
}

/** The host as WHATWG URL writes it, which undoes octal, hex, short and full-width spellings; undefined when it is no host. */
function canonicalHost(host: string): string | undefined {
  if (!/^[^\s/?#@\\%]+$/.test(host) || host.length > 253) return undefined
  const bare = host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host
  const url = URL.parse(`https://${bare.includes(":") ? `[${bare}]` : bare}/`)
  return url === null ? undefined : url.hostname.replace(/^\[|\]$/g, "")
}

function literal(name: string): ResolvedAddress[] | undefined {
  const parsed = parseIpAddress(name)
  return parsed === undefined ? undefined : [{ address: name, family: parsed.family }]
}

function readNetwork(text: string): Cidr {
  const network = parseCidr(text)
  if (network === undefined) throw new RelayError("invalid_request", `"${text}" is no network such as 10.0.0.0/8.`)
  return network
}

function refusal(): RelayError {
  const fix = "Use a public host on a usual port, or let the operator open its network with POSTRIDER_ALLOW_NETWORKS."
  return new RelayError("address_not_allowed", "This address may not be reached from here.", {
    fix,
    fault: {
      class: "address_not_allowed",
      stage: "resolve",
      code: null,
      enhancedCode: null,
      response: null,
      fix,
      misconfigured: true,
    },
  })
}
