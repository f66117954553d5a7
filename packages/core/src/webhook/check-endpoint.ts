import { type FieldError, RelayError } from "../error/relay-error.ts"
import { eventTypes } from "../event/event.ts"
import type { Ports } from "../ports/ports.ts"
import type { EndpointSettings } from "./endpoint.ts"

const maxUrlLength = 2048
const nouns = new Set(eventTypes.map((type) => type.split(".")[0]))
const known = new Set<string>([...eventTypes, "*", ...[...nouns].map((noun) => `${noun}.*`)])

/**
 * Checks settings and answers them with the URL as it will be dialled. The same guard judges the address here and at each delivery.
 * @throws RelayError `invalid_request` naming the fields, `unsupported` for what this version does not do, `address_not_allowed`, or
 * as the resolver.
 */
export async function checkEndpoint(ports: Pick<Ports, "vet">, settings: EndpointSettings): Promise<EndpointSettings> {
  refuseUnsupported(settings)
  const url = readUrl(settings.url)
  const errors = settings.types.flatMap((type, at) => (known.has(type) ? [] : [unknownType(type, at)]))
  if (settings.types.length === 0) {
    errors.push({ pointer: "/types", code: "too_short", detail: "types must name at least one type." })
  }
  if (url === undefined) {
    const detail = "url must be an https URL of up to 2048 characters without user, password and fragment."
    errors.push({ pointer: "/url", code: "invalid_format", detail })
  }
  if (errors.length > 0 || url === undefined) throw invalid(errors)
  await vetUrl(ports, url)
  return { ...settings, url: url.href }
}

/** @throws RelayError `address_not_allowed`, or as the resolver. */
export async function vetUrl(ports: Pick<Ports, "vet">, url: URL): Promise<void> {
  const tls = url.protocol === "https:"
  const port = url.port === "" ? (tls ? 443 : 80) : Number(url.port)
  await ports.vet({ host: url.hostname, port, purpose: "http", tls })
}

function readUrl(text: string): URL | undefined {
  const url = text.length > maxUrlLength ? null : URL.parse(text)
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return undefined
  const bare = url.username === "" && url.password === "" && url.hash === "" && url.href.length <= maxUrlLength
  return bare && url.hostname !== "" ? url : undefined
}

/** Never taken and then dropped. */
function refuseUnsupported({ format, links, ordered }: EndpointSettings): void {
  const errors: FieldError[] = []
  const add = (pointer: string, detail: string) => errors.push({ pointer, code: "unsupported", detail })
  if (format !== "standard") add("/format", "format cloudevents is not supported.")
  if (links) add("/links", "links is not supported.")
  if (ordered) add("/ordered", "ordered is not supported.")
  if (errors.length === 0) return
  throw new RelayError("unsupported", errors.map(({ detail }) => detail).join(" "), { errors })
}

function unknownType(type: string, at: number): FieldError {
  const detail = `types: ${JSON.stringify(type.slice(0, 60))} is no event type.`
  return { pointer: `/types/${at}`, code: "not_in_list", detail }
}

export function invalid(errors: FieldError[]): RelayError {
  return new RelayError("invalid_request", errors.map(({ detail }) => detail).join(" "), { errors })
}
