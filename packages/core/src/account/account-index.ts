import type { NewRecord } from "../ports/record-store.ts"
import { type AccountRecord, accountRecordId } from "./account.ts"

/** Part of the index `day` that lists all accounts, and of `owner` that lists those of a tenant; both by time of creation. */
export const accountListPart = "acc"
export const tenantAccountsPart = (tenant: string): string => `acc#${tenant}`

export function accountToStore(body: AccountRecord): NewRecord<AccountRecord> {
  const sort = `${body.created_at}#${body.id}`
  const { tenant } = body.settings
  return {
    id: accountRecordId(body.id),
    body,
    index: {
      day: { part: accountListPart, sort },
      ...(tenant === null ? {} : { owner: { part: tenantAccountsPart(tenant), sort } }),
    },
  }
}
