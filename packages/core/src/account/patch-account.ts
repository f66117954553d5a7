import type { Actor } from "../key/key.ts"
import type { Precondition } from "../record/precondition.ts"
import type { AccountRecord, AccountSettings } from "./account.ts"
import type { AccountInput } from "./account-input.ts"
import type { AccountPorts } from "./create-account.ts"
import { writeAccount } from "./put-account.ts"

/**
 * Changes the named settings. `merge` lays the patch over the current settings (secrets are absent there) and checks the result;
 * it runs again when a race was lost.
 * @throws RelayError as putAccount, and what `merge` throws.
 */
export function patchAccount(
  ports: AccountPorts,
  actor: Actor,
  request: { id: string; when: Precondition | undefined; merge: (current: AccountSettings) => AccountInput },
): Promise<AccountRecord> {
  const { id, when, merge } = request
  return writeAccount(ports, actor, { id, when, input: ({ settings }) => merge(settings) })
}
