import type { Api, ApiDeps } from "../../env.ts"
import { createEndpointRoute } from "./create-endpoint.ts"
import { deleteEndpointRoute } from "./delete-endpoint.ts"
import { disableEndpointRoute } from "./disable-endpoint.ts"
import { enableEndpointRoute } from "./enable-endpoint.ts"
import { getEndpointRoute } from "./get-endpoint.ts"
import { listEndpointAttemptsRoute } from "./list-attempts.ts"
import { listEndpointsRoute } from "./list-endpoints.ts"
import { patchEndpointRoute } from "./patch-endpoint.ts"
import { putEndpointRoute } from "./put-endpoint.ts"
import { revokeOldSecretsRoute } from "./revoke-old-secrets.ts"
import { rotateSecretRoute } from "./rotate-secret.ts"
import { testEndpointRoute } from "./test-endpoint.ts"

export function endpointRoutes(app: Api, deps: ApiDeps): void {
  createEndpointRoute(app, deps)
  listEndpointsRoute(app, deps)
  getEndpointRoute(app, deps)
  putEndpointRoute(app, deps)
  patchEndpointRoute(app, deps)
  deleteEndpointRoute(app, deps)
  testEndpointRoute(app, deps)
  enableEndpointRoute(app, deps)
  disableEndpointRoute(app, deps)
  rotateSecretRoute(app, deps)
  revokeOldSecretsRoute(app, deps)
  listEndpointAttemptsRoute(app, deps)
}
