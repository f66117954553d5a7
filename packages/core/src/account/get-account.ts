import { RelayError } from "../error/relay-error.ts"
import { canSee } from "../key/authorize.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { StoredRecord } from "../ports/record-store.ts"
import { type AccountRecord, accountRecordId } from "./account.ts"

/** The account of an id, as far as the actor may see it. @throws RelayError `not_found`. */
export async function getAccount(
  ports: Pick<Ports, "records">,
  actor: Actor,
  id: string,
): Promise<StoredRecord<AccountRecord>> {
  const stored = await ports.records.get<AccountRecord>(accountRecordId(id))
  if (stored === undefined || !canSee(actor, { account: id, tenant: stored.body.settings.tenant })) {
    throw new RelayError("not_found", `There is no account ${id}.`)
  }
  return stored
}
