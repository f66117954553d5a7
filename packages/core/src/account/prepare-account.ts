import type { RelayLimits } from "../ports/ports.ts"
import type { AccountSettings } from "./account.ts"
import type { AccountInput } from "./account-input.ts"
import { normaliseSettings } from "./normalise-settings.ts"
import { type GivenSecrets, splitSecrets } from "./split-secrets.ts"
import { refuseUnsupported } from "./unsupported-settings.ts"

export interface PreparedAccount {
  settings: AccountSettings
  secrets: GivenSecrets
}

/** A body made ready to be stored: defaults filled in, secrets apart. @throws RelayError `invalid_request`, `one_intake`, `unsupported`. */
export function prepareAccount(input: AccountInput, limits: Pick<RelayLimits, "tickMs">): PreparedAccount {
  const settings = normaliseSettings(input, limits)
  refuseUnsupported(settings)
  return { settings, secrets: splitSecrets(input, settings) }
}
