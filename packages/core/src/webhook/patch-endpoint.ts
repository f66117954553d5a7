import type { Actor } from "../key/key.ts"
import type { Precondition } from "../record/precondition.ts"
import { type ChangePorts, changeEndpoint } from "./change-endpoint.ts"
import type { EndpointRecord, EndpointSettings } from "./endpoint.ts"
import { endpointDefaults } from "./endpoint-input.ts"

/** A JSON merge patch (RFC 7396): null resets to the default, arrays are replaced, headers are merged by name. */
export type EndpointPatch = {
  [Field in keyof EndpointSettings]?: EndpointSettings[Field] | null | undefined
} & { url?: string; types?: string[]; secret?: string; headers?: Record<string, string | null> | null }

/** Changes the named settings. @throws RelayError as changeEndpoint. */
export async function patchEndpoint(
  ports: ChangePorts,
  actor: Actor,
  patch: { id: string; when: Precondition | undefined; fields: EndpointPatch },
): Promise<EndpointRecord> {
  const { secret, headers, ...settings } = patch.fields
  const entries = Object.entries(headers ?? {})
  const given = entries.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
  return changeEndpoint(ports, actor, {
    id: patch.id,
    when: patch.when,
    input: (current) => ({
      settings: merge(current.settings, settings),
      ...(secret === undefined ? {} : { secret }),
      headers: Object.fromEntries(given),
      keepHeaders: headers !== null,
      removed: entries.flatMap(([name, value]) => (value === null ? [name] : [])),
    }),
  })
}

function merge(current: EndpointSettings, fields: Omit<EndpointPatch, "secret" | "headers">): EndpointSettings {
  const named = Object.entries(fields).filter(([, value]) => value !== undefined)
  const defaults: Record<string, unknown> = { ...endpointDefaults }
  return { ...current, ...Object.fromEntries(named.map(([name, value]) => [name, value ?? defaults[name]])) }
}
