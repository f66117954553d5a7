import { canSee } from "../key/authorize.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import type { AccountRecord, PartState } from "./account.ts"
import { accountListPart, tenantAccountsPart } from "./account-index.ts"
import { accountState } from "./show-account.ts"

export interface AccountFilter {
  state: readonly PartState[] | null
  tenant: string | null
  email: string | null
}

/** A page of the accounts the actor may see, newest first; with filters it may be short, even empty, while there is a next. */
export async function listAccounts(
  ports: Pick<Ports, "records">,
  actor: Actor,
  request: { filter: AccountFilter; limit: number; after?: string },
): Promise<{ data: AccountRecord[]; next?: string }> {
  const { filter, ...page } = request
  const query = { ...page, order: "desc" as const }
  const { records, next } =
    filter.tenant === null
      ? await ports.records.query<AccountRecord>("day", accountListPart, query)
      : await ports.records.query<AccountRecord>("owner", tenantAccountsPart(filter.tenant), query)
  const data = records.map(({ body }) => body).filter((account) => isWanted(account, filter, actor))
  return next === undefined ? { data } : { data, next }
}

function isWanted(account: AccountRecord, filter: AccountFilter, actor: Actor): boolean {
  const { tenant, email } = account.settings
  if (!canSee(actor, { account: account.id, tenant })) return false
  if (filter.tenant !== null && tenant !== filter.tenant) return false
  if (filter.email !== null && email.toLowerCase() !== filter.email.toLowerCase()) return false
  return filter.state === null || filter.state.includes(accountState(account))
}
