import { RelayError } from "../error/relay-error.ts"
import type { Ports } from "../ports/ports.ts"
import { type EndpointRecord, endpointRecordId } from "./endpoint.ts"
import { type EndpointList, endpointListId, filterOf } from "./endpoint-list.ts"

const maxTries = 12
/** A record holds 100 KB; the rest is room for the last entry. */
const maxListLength = 90_000

/**
 * Makes the list say of an endpoint what its record says, or nothing when there is none. Called after every write of a record that
 * fan-out must know of, and wherever a difference shows. The list is read before the record and written by version: whoever changes
 * the record meanwhile calls this afterwards, so the last word is always that of the record.
 * @throws RelayError `unsupported` when the list is full, `overloaded` after twelve lost races.
 */
export function syncEndpointList(ports: Pick<Ports, "records">, id: string): Promise<void> {
  return writeEntry(ports, id, async () => (await ports.records.get<EndpointRecord>(endpointRecordId(id)))?.body)
}

/**
 * Lists an endpoint that is about to be made, so that none is ever made that gets no events. Should it not come to be, the first job
 * for it takes it off the list. Leaves one alone that exists already.
 * @throws RelayError as syncEndpointList.
 */
export function listNewEndpoint(ports: Pick<Ports, "records">, endpoint: EndpointRecord): Promise<void> {
  const { id } = endpoint
  return writeEntry(ports, id, async () => {
    const stands = await ports.records.get<EndpointRecord>(endpointRecordId(id))
    return stands?.body ?? endpoint
  })
}

async function writeEntry(
  ports: Pick<Ports, "records">,
  id: string,
  read: () => Promise<EndpointRecord | undefined>,
): Promise<void> {
  for (let tries = 0; tries < maxTries; tries++) {
    const list = await ports.records.get<EndpointList>(endpointListId)
    const endpoint = await read()
    const before = list?.body.endpoints ?? []
    const entry = endpoint === undefined ? [] : [filterOf(endpoint)]
    const same = before.filter((filter) => filter.id === id)
    if (JSON.stringify(same) === JSON.stringify(entry)) return
    const endpoints = [...before.filter((filter) => filter.id !== id), ...entry]
    checkLength(endpoints, before)
    const when = list === undefined ? { absent: true as const } : { version: list.v }
    const put = await ports.records.put<EndpointList>({ id: endpointListId, body: { endpoints } }, when)
    if (put.won) return
  }
  throw new RelayError("overloaded", "The endpoints changed too often to be written. Try again.", {
    retryAfterMs: 1000,
  })
}

function checkLength(endpoints: EndpointList["endpoints"], before: EndpointList["endpoints"]): void {
  const size = JSON.stringify(endpoints).length
  if (size <= maxListLength || size <= JSON.stringify(before).length) return
  throw new RelayError("unsupported", "There are too many endpoints, or their filters are too long.", {
    fix: "Let one endpoint take what several have in common, by tenants instead of accounts.",
  })
}
