import type { Actor } from "../key/key.ts"
import { checkPrecondition, type Precondition } from "../record/precondition.ts"
import { changeEndpoint } from "./change-endpoint.ts"
import { createEndpoint, type EndpointPorts, type ShownSecret } from "./create-endpoint.ts"
import { endpointRecordId } from "./endpoint.ts"
import type { EndpointInput } from "./endpoint-input.ts"

/**
 * Makes the endpoint of this id be what the input says; the same again changes nothing. Absent secrets are kept, or made and shown.
 * @throws RelayError as createEndpoint and changeEndpoint.
 */
export async function putEndpoint(
  ports: EndpointPorts,
  actor: Actor,
  input: EndpointInput & { id: string; verify: boolean; when: Precondition | undefined },
): Promise<ShownSecret & { created: boolean }> {
  if ((await ports.records.get(endpointRecordId(input.id))) === undefined) {
    checkPrecondition(undefined, input.when)
    return { ...(await createEndpoint(ports, actor, input)), created: true }
  }
  const record = await changeEndpoint(ports, actor, {
    id: input.id,
    when: input.when,
    input: () => ({ ...input, keepHeaders: input.headers === undefined }),
  })
  return { record, secret: null, created: false }
}
