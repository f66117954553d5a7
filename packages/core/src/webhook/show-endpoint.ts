import type { EndpointRecord, EndpointSettings, EndpointState } from "./endpoint.ts"

/** An endpoint as the API and events show it: nothing secret, the paths of what is. */
export interface ShownEndpoint extends EndpointSettings {
  id: string
  state: EndpointState
  disabled_reason: string | null
  consecutive_failures: number
  failing_since: string | null
  last_success_at: string | null
  last_error: EndpointRecord["last_error"]
  paused_until: string | null
  api_version: "v1"
  /** JSON Pointers of what is set and never shown. */
  secrets: string[]
  created_at: string
  updated_at: string
}

export function showEndpoint(record: EndpointRecord): ShownEndpoint {
  return {
    id: record.id,
    ...record.settings,
    state: record.state,
    disabled_reason: record.disabled_reason,
    consecutive_failures: record.consecutive_failures,
    failing_since: record.failing_since,
    last_success_at: record.last_success_at,
    last_error: record.last_error,
    paused_until: record.pausedUntil > 0 ? new Date(record.pausedUntil).toISOString() : null,
    api_version: record.api_version,
    secrets: ["/secret", ...Object.keys(record.headers).map((name) => `/headers/${name}`)],
    created_at: record.created_at,
    updated_at: record.updated_at,
  }
}
