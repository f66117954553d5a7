import { parseAddress } from "@postrider/core/outbound/address"
import type { Address } from "@postrider/core/outbound/message"
import * as v from "valibot"
import { fieldFault } from "./field-fault.ts"
import { strict } from "./strict.ts"

/** One mail address without a name, its domain as A-labels (mail-rules G2). */
export const plainAddress = v.pipe(
  v.string(),
  v.rawTransform<string, string>(({ dataset, addIssue, NEVER }) => {
    const parsed = parseAddress(dataset.value)
    if (parsed.ok && parsed.address.name === null) return parsed.address.address
    const reason = parsed.ok ? "it has a name; give the address alone" : parsed.reason
    addIssue({ message: fieldFault("invalid_address", `is not a mail address: ${reason}`) })
    return NEVER
  }),
  v.metadata({ description: "A mail address.", examples: ["ada@example.com"] }),
)

/** `"Name <a@b>"` or `{name, address}`; becomes the latter. */
export const address = v.pipe(
  v.union([v.string(), strict({ name: v.optional(v.nullable(v.string())), address: v.string() })]),
  v.rawTransform<string | { name?: string | null | undefined; address: string }, Address>(
    ({ dataset: { value }, addIssue, NEVER }) => {
      const parsed = parseAddress(typeof value === "string" ? value : value.address)
      const fail = (reason: string): typeof NEVER => {
        addIssue({ message: fieldFault("invalid_address", `is not a mail address: ${reason}`) })
        return NEVER
      }
      if (!parsed.ok) return fail(parsed.reason)
      if (typeof value === "string") return parsed.address
      if (parsed.address.name !== null) return fail("the name belongs into `name`")
      const name = value.name ?? null
      if (name !== null && hasControl(name)) return fail("the name has control characters")
      return { name: name === "" ? null : name, address: parsed.address.address }
    },
  ),
  v.metadata({ description: "`Name <a@b>`, or an object.", examples: ["Ada <ada@example.com>"] }),
)

/** One address or an array of them. */
export const addressList = (max: number) =>
  v.pipe(
    v.union([address, v.pipe(v.array(address), v.maxLength(max))]),
    v.transform((given): Address[] => (Array.isArray(given) ? given : [given])),
  )

function hasControl(name: string): boolean {
  return (
    name.length > 998 ||
    !name.isWellFormed() ||
    /[\p{Cc}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(name)
  )
}
