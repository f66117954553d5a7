import { RelayError } from "../error/relay-error.ts"
import type { Actor } from "../key/key.ts"
import { domainOf } from "./check-sender.ts"
import type { SendMessageInput } from "./send-input.ts"

export const maxRecipients = 1000

/**
 * Envelope recipients in order of To, Cc, Bcc, duplicates once (mail-rules G2), or `envelope.rcpt_to` where given.
 * @throws RelayError `invalid_request` for none or too many, `recipient_not_allowed` where the key is bound to others.
 */
export function collectRecipients(input: SendMessageInput, actor: Actor): string[] {
  const given = input.envelope?.rcpt_to ?? [...input.to, ...input.cc, ...input.bcc].map((a) => a.address)
  const addresses = [...new Map(given.map((address) => [comparable(address), address])).values()]
  if (addresses.length === 0) {
    throw new RelayError("invalid_request", "The message has no recipient.", {
      fix: "Name at least one address in to, cc or bcc.",
      errors: [{ pointer: "/to", code: "required", detail: "at least one recipient is required" }],
    })
  }
  if (addresses.length > maxRecipients) {
    throw new RelayError("invalid_request", `The message has ${addresses.length} recipients.`, {
      fix: `Send to at most ${maxRecipients} recipients a message.`,
      errors: [{ pointer: "/to", code: "too_many", detail: `at most ${maxRecipients} recipients over to, cc and bcc` }],
    })
  }
  const allowed = actor.settings.allow_recipients
  if (allowed !== null) checkAllowed(addresses, allowed)
  return addresses
}

function checkAllowed(addresses: readonly string[], allowed: readonly string[]): void {
  const patterns = new Set(allowed.map((pattern) => pattern.toLowerCase()))
  for (const address of addresses) {
    const lower = address.toLowerCase()
    if (patterns.has("*") || patterns.has(lower) || patterns.has(`*@${domainOf(lower)}`)) continue
    throw new RelayError("recipient_not_allowed", `This key may not send to ${address}.`, {
      fix: "Use a key without allow_recipients, or add the address to it.",
    })
  }
}

/** The domain does not count case; the local part does (RFC 5321 §2.4). */
function comparable(address: string): string {
  const at = address.lastIndexOf("@")
  return address.slice(0, at) + address.slice(at).toLowerCase()
}
