import type { KeyRecord, KeySettings } from "@postrider/core/key/key"

/** A key as it is read back: never its hash, the key itself only when it was just made. */
export function showKey(record: KeyRecord, key: string | null = null): Record<string, unknown> {
  const { id, settings, created_at, updated_at } = record
  return { id, ...settings, created_at, updated_at, ...(key === null ? {} : { key }) }
}

/** What the body of POST or PUT says, apart from `id` and `sha256`. */
export function keySettings(body: KeySettings & { id?: unknown; sha256?: unknown }): KeySettings {
  const { id: _id, sha256: _sha256, ...settings } = body
  return settings
}
