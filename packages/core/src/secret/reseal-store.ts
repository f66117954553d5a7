import { type AccountRecord, secretContext as accountContext } from "../account/account.ts"
import { accountListPart, accountToStore } from "../account/account-index.ts"
import type { Ports } from "../ports/ports.ts"
import { updateRecord } from "../record/update-record.ts"
import type { EndpointRecord } from "../webhook/endpoint.ts"
import { endpointListPart, endpointToStore } from "../webhook/endpoint-index.ts"
import { secretContext as endpointContext } from "../webhook/post-event.ts"

type ResealPorts = Pick<Ports, "records" | "secrets">

const pageSize = 100

/**
 * Seals the credentials of all accounts and endpoints anew under the first master key. May be cut off anywhere and run again, also
 * beside writers; settings and their ETags stay as they are. Stored answers to Idempotency-Keys are left to expire.
 */
export async function resealStore(ports: ResealPorts): Promise<void> {
  for await (const id of listed(ports, accountListPart)) {
    await updateRecord<AccountRecord>(ports.records, id, ({ body }) => {
      const secrets = resealAll(ports, body.secrets, (pointer) => accountContext(body.id, pointer))
      return secrets === body.secrets ? undefined : accountToStore({ ...body, secrets })
    })
  }
  for await (const id of listed(ports, endpointListPart)) {
    await updateRecord<EndpointRecord>(ports.records, id, ({ body }) => {
      const context = endpointContext(body.id)
      const headers = resealAll(ports, body.headers, () => context)
      const secrets = body.secrets.map((secret) => ({ ...secret, sealed: reseal(ports, secret.sealed, context) }))
      const same = headers === body.headers && secrets.every(({ sealed }, at) => sealed === body.secrets[at]?.sealed)
      return same ? undefined : endpointToStore({ ...body, headers, secrets })
    })
  }
}

async function* listed(ports: ResealPorts, part: string): AsyncGenerator<string> {
  let after: string | undefined
  do {
    const page = await ports.records.query("day", part, {
      limit: pageSize,
      order: "asc",
      ...(after === undefined ? {} : { after }),
    })
    for (const { id } of page.records) yield id
    after = page.next
  } while (after !== undefined)
}

/** The same object when nothing changed. */
function resealAll(
  ports: ResealPorts,
  sealed: Record<string, string>,
  contextOf: (name: string) => string,
): Record<string, string> {
  const next = Object.entries(sealed).map(([name, value]) => [name, reseal(ports, value, contextOf(name))] as const)
  return next.every(([name, value]) => value === sealed[name]) ? sealed : Object.fromEntries(next)
}

function reseal({ secrets }: ResealPorts, sealed: string, context: string): string {
  if (secrets.isCurrent(sealed)) return sealed
  try {
    return secrets.seal(secrets.open(sealed, context), context)
  } catch {
    // No key of today opens it: whoever uses it is told so, as before; the others shall not wait for it.
    return sealed
  }
}
