export const scopes = [
  "messages:send",
  "messages:read",
  "messages:manage",
  "mailboxes:read",
  "mailboxes:manage",
  "accounts:read",
  "accounts:manage",
  "webhooks:read",
  "webhooks:manage",
  "events:read",
  "templates:read",
  "templates:manage",
  "suppressions:read",
  "suppressions:manage",
  "keys:read",
  "keys:manage",
  "system:read",
  "system:manage",
  "data:manage",
] as const
export type Scope = (typeof scopes)[number]

export interface KeySettings {
  name: string
  scopes: (Scope | "*")[]
  /** Bound to these accounts or tenants; null is all. */
  accounts: string[] | null
  tenants: string[] | null
  test: boolean
  hold: boolean
  allow_recipients: string[] | null
  allow_ips: string[] | null
  rate: { per_minute: number } | null
  expires_at: string | null
}

/** Body of `key#<sha256>`. The key itself is never stored. */
export interface KeyRecord {
  id: string
  sha256: string
  created_at: string
  updated_at: string
  revision: number
  settings: KeySettings
  /** Hash of the key before a rotation, good until `until` (milliseconds). */
  successor?: { until: number }
  /** Of the request that made it, where that may be repeated. */
  origin?: string
}

/** Who asks: the rights of one request. */
export interface Actor {
  /** As `actorId` makes it: what a key sent and what it asked for belongs to this life of its id, not to the id. */
  keyId: string
  settings: KeySettings
}

/** Of the key that the operator sets; no key can have it, for ids hold no `#`. */
export const adminActorId = "#admin"

/** Names one life of a key: an id that is deleted and made again is another actor. A rotated key stays the same one. */
export const actorId = (key: Pick<KeyRecord, "id" | "created_at">): string => `${key.id}@${Date.parse(key.created_at)}`

/** The id of an actor's key as callers know it. */
export const shownKeyId = (actor: Pick<Actor, "keyId">): string => actor.keyId.replace(/^#|@.*$/g, "")

export const keyRecordId = (sha256: string): string => `key#${sha256}`
