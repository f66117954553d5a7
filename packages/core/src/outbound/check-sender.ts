import type { AccountSettings } from "../account/account.ts"
import { RelayError } from "../error/relay-error.ts"
import type { Address } from "./message.ts"

/** @throws RelayError `from_not_allowed` unless From is the account's address, of its domain or in `senders` (mail-rules G3). */
export function checkSender(settings: AccountSettings, from: Address): void {
  const address = from.address.toLowerCase()
  const domain = domainOf(address)
  const own = settings.email.toLowerCase()
  if (address === own || domain === domainOf(own)) return
  if (settings.senders.some((allowed) => matches(allowed.toLowerCase(), address, domain))) return
  throw new RelayError("from_not_allowed", `The account may not send as ${from.address}.`, {
    fix: `Send as ${settings.email}, or add "${from.address}" or "*@${domain}" to the account's senders.`,
    errors: [{ pointer: "/from", code: "from_not_allowed", detail: "not an address of this account" }],
  })
}

function matches(allowed: string, address: string, domain: string): boolean {
  return allowed === "*" || allowed === address || allowed === `*@${domain}`
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf("@") + 1)
}
