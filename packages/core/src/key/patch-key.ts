import type { Ports } from "../ports/ports.ts"
import type { Precondition } from "../record/precondition.ts"
import { changeKey } from "./change-key.ts"
import type { Actor, KeyRecord, KeySettings } from "./key.ts"

/** A JSON merge patch (RFC 7396): null resets to the default, arrays are replaced. */
export type KeyPatch = { [Field in keyof KeySettings]?: KeySettings[Field] | null | undefined }

/** Changes the named settings. `test` is fixed for life: a live key's mail must not turn into tests, nor the other way. @throws as changeKey. */
export async function patchKey(
  ports: Pick<Ports, "records" | "clock">,
  actor: Actor,
  patch: { id: string; when: Precondition | undefined; fields: Omit<KeyPatch, "test"> },
): Promise<KeyRecord> {
  const { fields } = patch
  return changeKey(ports, actor, {
    id: patch.id,
    when: patch.when,
    settings: (current) => ({
      name: fields.name ?? current.name,
      scopes: fields.scopes ?? current.scopes,
      accounts: fields.accounts === undefined ? current.accounts : fields.accounts,
      tenants: fields.tenants === undefined ? current.tenants : fields.tenants,
      test: current.test,
      hold: fields.hold === undefined ? current.hold : (fields.hold ?? false),
      allow_recipients: fields.allow_recipients === undefined ? current.allow_recipients : fields.allow_recipients,
      allow_ips: fields.allow_ips === undefined ? current.allow_ips : fields.allow_ips,
      rate: fields.rate === undefined ? current.rate : fields.rate,
      expires_at: fields.expires_at === undefined ? current.expires_at : fields.expires_at,
    }),
  })
}
