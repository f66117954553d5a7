/** Members whose null is not "absent" but "remove the stored secret". */
const secretNames = new Set(["password", "client_secret", "refresh_token", "access_token", "private_key"])

/** Lays a JSON merge patch (RFC 7396) over a document. Unlike there a null secret stays as null, for it is not in the document. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    if (value !== null) merged[name] = mergePatch(merged[name], value)
    else if (secretNames.has(name)) merged[name] = null
    else delete merged[name]
  }
  return merged
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
