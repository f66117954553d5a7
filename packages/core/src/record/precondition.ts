import { RelayError } from "../error/relay-error.ts"

/** If-Match and If-None-Match of a request (RFC 9110 section 13), on entity tags without quotes. */
export interface Precondition {
  /** One of these must be the current tag; `*` is any. */
  ifMatch?: readonly string[]
  /** None of these may be the current tag; `*` is any. */
  ifNoneMatch?: readonly string[]
}

interface Tagged {
  created_at: string
  revision: number
}

/** Changes with every change of the settings, and with a new life of the same id. */
export function entityTag(record: Tagged): string {
  return `${Date.parse(record.created_at).toString(36)}.${record.revision}`
}

/** @throws RelayError `version_mismatch` when what stands there (or nothing) does not fit. */
export function checkPrecondition(current: Tagged | undefined, when: Precondition | undefined): void {
  if (when === undefined) return
  const tag = current === undefined ? undefined : entityTag(current)
  const named = (tags: readonly string[]): boolean => tag !== undefined && (tags.includes("*") || tags.includes(tag))
  if (when.ifMatch !== undefined && !named(when.ifMatch)) {
    throw new RelayError("version_mismatch", "The object is not in the version that If-Match names.")
  }
  if (when.ifNoneMatch !== undefined && named(when.ifNoneMatch)) {
    throw new RelayError("version_mismatch", "The object exists, and If-None-Match forbids that.")
  }
}
