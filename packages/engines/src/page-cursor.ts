import { RelayError } from "@postrider/core/error/relay-error"

/** Where a page ended: the sort and id of its last record. */
export interface PagePosition {
  sort: string
  id: string
}

export function writePageCursor(position: PagePosition): string {
  return Buffer.from(JSON.stringify([position.sort, position.id])).toString("base64url")
}

/** @throws RelayError `invalid_cursor` for anything that `writePageCursor` did not make. */
export function readPageCursor(cursor: string): PagePosition {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString())
    if (Array.isArray(parsed)) {
      const [sort, id] = parsed
      if (typeof sort === "string" && typeof id === "string") return { sort, id }
    }
  } catch (cause) {
    throw badCursor(cause)
  }
  throw badCursor(undefined)
}

function badCursor(cause: unknown): RelayError {
  return new RelayError("invalid_cursor", "The cursor is not one of this list.", { cause })
}
