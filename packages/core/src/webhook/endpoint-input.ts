import type { EndpointSettings } from "./endpoint.ts"

/** What a caller says of an endpoint. */
export interface EndpointInput {
  settings: EndpointSettings
  /** `whsec_…` of the caller's own; absent: kept, or made. */
  secret?: string
  /** Values of extra headers by name, replacing all there were; absent: kept. */
  headers?: Record<string, string>
}

export const endpointDefaults: Omit<EndpointSettings, "url" | "types"> = {
  accounts: null,
  tenants: null,
  mailboxes: null,
  tags: null,
  body: "compact",
  format: "standard",
  links: false,
  max_in_flight: 8,
  ordered: false,
  test: false,
}
