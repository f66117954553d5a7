import { RelayError } from "@postrider/core/error/relay-error"

/** Octets of a sort key in DynamoDB. */
const maxKeyBytes = 1024
const end = "\u0000\u0000"

/**
 * The sort key of an index entry. It orders by the octets of `sort`, then of `id`, as one string, which DynamoDB does not do for two
 * records with one sort; and it is never empty, which DynamoDB refuses. NUL in `sort` becomes NUL SOH, and NUL NUL ends it.
 * @throws RelayError `internal` where sort and id together are too long.
 */
export function writeIndexKey(sort: string, id: string): string {
  const key = `${writeSortPrefix(sort)}${end}${id}`
  const bytes = Buffer.byteLength(key)
  if (bytes <= maxKeyBytes) return key
  throw new RelayError("internal", "The record cannot be stored.", {
    internal: `sort and id have ${bytes} octets in an index, ${maxKeyBytes} is the most`,
  })
}

/** The keys of all sorts from `sort` on are greater, those of all sorts before it smaller. */
export function writeSortPrefix(sort: string): string {
  return sort.replaceAll("\u0000", "\u0000\u0001")
}

export function readIndexKey(key: string): { sort: string; id: string } {
  const at = key.indexOf(end)
  return { sort: key.slice(0, at).replaceAll("\u0000\u0001", "\u0000"), id: key.slice(at + end.length) }
}
