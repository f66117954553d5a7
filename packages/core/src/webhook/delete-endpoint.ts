import { RelayError } from "../error/relay-error.ts"
import type { Actor } from "../key/key.ts"
import type { Ports } from "../ports/ports.ts"
import { checkPrecondition, type Precondition } from "../record/precondition.ts"
import { findEndpoint } from "./get-endpoint.ts"
import { syncEndpointList } from "./sync-endpoint-list.ts"

const maxTries = 5

/** Removes an endpoint and its secrets at once; jobs that still come find nothing and end. @throws RelayError `not_found`, `version_mismatch`. */
export async function deleteEndpoint(
  ports: Pick<Ports, "records">,
  actor: Actor,
  target: { id: string; when: Precondition | undefined },
): Promise<void> {
  for (let tries = 0; tries < maxTries; tries++) {
    const found = await findEndpoint(ports, actor, target.id).catch(async (error: unknown) => {
      await syncEndpointList(ports, target.id)
      throw error
    })
    checkPrecondition(found.body, target.when)
    const { won } = await ports.records.delete(found.id, { version: found.v })
    if (!won) continue
    await syncEndpointList(ports, target.id)
    return
  }
  throw new RelayError("overloaded", "The endpoint changed too often to be deleted. Try again.", { retryAfterMs: 1000 })
}
