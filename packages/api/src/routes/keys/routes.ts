import type { Api, ApiDeps } from "../../env.ts"
import { createKeyRoute } from "./create-key.ts"
import { deleteKeyRoute } from "./delete-key.ts"
import { getKeyRoute } from "./get-key.ts"
import { listKeysRoute } from "./list-keys.ts"
import { meRoute } from "./me.ts"
import { patchKeyRoute } from "./patch-key.ts"
import { putKeyRoute } from "./put-key.ts"
import { rotateKeyRoute } from "./rotate-key.ts"

export function keyRoutes(app: Api, deps: ApiDeps): void {
  createKeyRoute(app, deps)
  listKeysRoute(app, deps)
  getKeyRoute(app, deps)
  putKeyRoute(app, deps)
  patchKeyRoute(app, deps)
  rotateKeyRoute(app, deps)
  deleteKeyRoute(app, deps)
  meRoute(app, deps)
}
