/** Places whose null is not "absent" but "remove the stored secret". */
const secretPlace =
  /^(?:(?:smtp|imap|pop3)\/(?:password|oauth2\/(?:client_secret|refresh_token|access_token))|dkim\/private_key)$/

/** Lays a JSON merge patch (RFC 7396) over the settings of an account. Unlike there a null secret stays as null, for it is not in the document. */
export function mergePatch(target: unknown, patch: unknown, path = ""): unknown {
  if (!isObject(patch)) return patch
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {}
  for (const [name, value] of Object.entries(patch)) {
    const place = path === "" ? name : `${path}/${name}`
    if (value !== null) merged[name] = mergePatch(merged[name], value, place)
    else if (secretPlace.test(place)) merged[name] = null
    else delete merged[name]
  }
  return merged
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
