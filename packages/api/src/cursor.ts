import { RelayError } from "@postrider/core/error/relay-error"
import type { Ids } from "@postrider/core/ports/ids"

/** What a list's cursor is bound to: the path and everything of the query but `cursor` and `limit`. */
export type CursorScope = Record<string, unknown>

const version = "1"

/** Wraps the `next` of a page so that it works only with the same filters. */
export function encodeCursor(ids: Ids, scope: CursorScope, next: string): string {
  return base64url(JSON.stringify([version, scopeHash(ids, scope), next]))
}

/** @throws RelayError `invalid_cursor` when it is damaged or was made with other filters. */
export function decodeCursor(ids: Ids, scope: CursorScope, cursor: string): string {
  const parts = read(cursor)
  if (parts === undefined) throw new RelayError("invalid_cursor", "The cursor cannot be read.")
  if (parts.hash !== scopeHash(ids, scope)) {
    throw new RelayError("invalid_cursor", "The cursor belongs to a list with other filters.")
  }
  return parts.next
}

function read(cursor: string): { hash: string; next: string } | undefined {
  if (cursor.length > 2048 || !/^[A-Za-z0-9_-]+$/.test(cursor)) return undefined
  try {
    const text = Buffer.from(cursor, "base64url").toString("utf8")
    if (base64url(text) !== cursor) return undefined
    const value: unknown = JSON.parse(text)
    if (!Array.isArray(value) || value.length !== 3 || value[0] !== version) return undefined
    const [, hash, next]: unknown[] = value
    return typeof hash === "string" && typeof next === "string" ? { hash, next } : undefined
  } catch {
    return undefined
  }
}

function scopeHash(ids: Ids, scope: CursorScope): string {
  const entries = Object.entries(scope).filter(([, value]) => value !== undefined && value !== null)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return ids.digest(JSON.stringify(entries)).slice(0, 16)
}

const base64url = (text: string): string => Buffer.from(text, "utf8").toString("base64url")
