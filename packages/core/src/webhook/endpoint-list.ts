import type { BodyForm, EndpointRecord } from "./endpoint.ts"

/** What fan-out must know of an endpoint. Absent filters let everything pass. */
export interface EndpointFilter {
  id: string
  types: string[]
  accounts?: string[]
  tenants?: string[]
  mailboxes?: string[]
  tags?: string[]
  body: BodyForm
  test: boolean
  /** While disabled it gets no jobs; what it missed is replayed from the log. */
  disabled?: true
}

/** Body of `cfg#endpoints`: the filters of all endpoints, so that fan-out reads one record whatever their number. */
export interface EndpointList {
  endpoints: EndpointFilter[]
}

export const endpointListId = "cfg#endpoints"

/** The entry of an endpoint in the list; equal endpoints give equal JSON. */
export function filterOf({ id, settings, state }: EndpointRecord): EndpointFilter {
  const { types, accounts, tenants, mailboxes, tags, body, test } = settings
  return {
    id,
    types,
    ...(accounts === null ? {} : { accounts }),
    ...(tenants === null ? {} : { tenants }),
    ...(mailboxes === null ? {} : { mailboxes }),
    ...(tags === null ? {} : { tags }),
    body,
    test,
    ...(state === "disabled" ? { disabled: true as const } : {}),
  }
}
