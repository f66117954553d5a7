import type { NewRecord } from "../ports/record-store.ts"
import { type EndpointRecord, endpointRecordId } from "./endpoint.ts"

/** Part of the index `day` that lists all endpoints, by time of creation. */
export const endpointListPart = "endpoint"

/** Part of the index `owner` that lists the attempts of an endpoint, by time. */
export const attemptPart = (endpoint: string): string => `att#${endpoint}`

/** Part of the index `owner` that lists the jobs kept for a disabled endpoint. */
export const parkedPart = (endpoint: string): string => `wait#${endpoint}`

export function endpointToStore(body: EndpointRecord): NewRecord<EndpointRecord> {
  return {
    id: endpointRecordId(body.id),
    body,
    index: { day: { part: endpointListPart, sort: `${body.created_at}#${body.id}` } },
  }
}
