import { hasScope } from "@postrider/core/key/authorize"
import type { Actor } from "@postrider/core/key/key"

/** A key that may send but not manage may take back what it sent itself, whatever else it may read. */
export function ownOnly(actor: Actor): Actor {
  if (hasScope(actor.settings.scopes, "messages:manage")) return actor
  return { ...actor, settings: { ...actor.settings, scopes: ["messages:send"] } }
}
