import { timingSafeEqual } from "node:crypto"
import { RelayError } from "@postrider/core/error/relay-error"
import { findKey } from "@postrider/core/key/find-key"
import { type Actor, adminActorId } from "@postrider/core/key/key"
import type { MiddlewareHandler } from "hono"
import { addressAllowed } from "../address-allowed.ts"
import type { ApiDeps, ApiEnv } from "../env.ts"
import type { KeyCache } from "./key-cache.ts"

/** Rights of POSTRIDER_ADMIN_KEY. */
const admin: Actor = {
  keyId: adminActorId,
  settings: {
    name: "Administrator",
    scopes: ["*"],
    accounts: null,
    tenants: null,
    test: false,
    hold: false,
    allow_recipients: null,
    allow_ips: null,
    rate: null,
    expires_at: null,
  },
}

/** Sets `actor` from `Authorization: Bearer …` (RFC 6750), the only place a key is taken from. Keys are compared by SHA-256. */
export function authenticate(deps: ApiDeps, cache: KeyCache): MiddlewareHandler<ApiEnv> {
  return async function authenticate(c, next) {
    const sha256 = deps.ports.ids.digest(presentedKey(c.req.header("authorization")))
    const actor = isAdmin(deps, sha256) ? admin : await findActor(deps, cache, sha256)
    if (actor === undefined) throw new RelayError("invalid_key", "The API key is unknown, revoked or expired.")
    const { allow_ips } = actor.settings
    if (allow_ips !== null && !addressAllowed(deps.clientAddress?.(c) ?? null, allow_ips)) {
      throw new RelayError("ip_not_allowed", "This key may not be used from your address.")
    }
    c.set("actor", actor)
    await next()
  }
}

function presentedKey(header: string | undefined): string {
  if (header === undefined) throw new RelayError("missing_key", "The request has no Authorization header.")
  // A key made elsewhere may be any text.
  const key = /^bearer +(\S.*?) *$/i.exec(header)?.[1]
  if (key === undefined)
    throw new RelayError("missing_key", "The Authorization header is not of the form: Bearer <key>.")
  return key
}

async function findActor(deps: ApiDeps, cache: KeyCache, sha256: string): Promise<Actor | undefined> {
  const cached = cache.get(sha256)
  if (cached !== undefined) return cached
  const actor = await findKey(deps.ports, sha256)
  if (actor !== undefined) cache.set(sha256, actor)
  return actor
}

/** All hashes are compared, in constant time each. */
function isAdmin(deps: ApiDeps, sha256: string): boolean {
  const presented = Buffer.from(sha256, "hex")
  let found = false
  for (const hash of deps.adminKeyHashes) {
    const known = Buffer.from(hash, "hex")
    if (known.length === presented.length && timingSafeEqual(known, presented)) found = true
  }
  return found
}
