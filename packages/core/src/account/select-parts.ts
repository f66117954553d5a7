import { type FieldError, RelayError } from "../error/relay-error.ts"
import type { AccountRecord, PartName } from "./account.ts"
import { partNames } from "./part-status.ts"

/**
 * The parts that a caller names: `imap`, `pop3`, `smtp` for all routes, `smtp:<name>` for one; null is all.
 * @throws RelayError `invalid_request` for parts the account has not.
 */
export function selectParts(account: AccountRecord, named: readonly string[] | null): PartName[] {
  const all = partNames(account.settings)
  if (named === null) return all
  const errors: FieldError[] = []
  const chosen = named.flatMap((name, at) => {
    const parts = all.filter((part) => part === name || (name === "smtp" && part.startsWith("smtp:")))
    if (parts.length === 0) {
      const detail = `parts.${at} must be one of ${["smtp", ...all].join(", ")}.`
      errors.push({ pointer: `/parts/${at}`, code: "not_in_list", detail })
    }
    return parts
  })
  if (errors.length > 0) throw new RelayError("invalid_request", "The account has no such part.", { errors })
  return [...new Set(chosen)]
}
