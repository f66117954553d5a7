import type { Api, ApiDeps } from "../../env.ts"
import { createAccountRoute } from "./create-account.ts"
import { deleteAccountRoute } from "./delete-account.ts"
import { getAccountRoute } from "./get-account.ts"
import { listAccountsRoute } from "./list-accounts.ts"
import { patchAccountRoute } from "./patch-account.ts"
import { pauseAccountRoute } from "./pause-account.ts"
import { pollAccountRoute } from "./poll-account.ts"
import { putAccountRoute } from "./put-account.ts"
import { resumeAccountRoute } from "./resume-account.ts"
import { verifyAccountRoute } from "./verify-account.ts"
import { verifyNewAccountRoute } from "./verify-new-account.ts"

export function accountRoutes(app: Api, deps: ApiDeps): void {
  createAccountRoute(app, deps)
  verifyNewAccountRoute(app, deps)
  listAccountsRoute(app, deps)
  getAccountRoute(app, deps)
  putAccountRoute(app, deps)
  patchAccountRoute(app, deps)
  deleteAccountRoute(app, deps)
  verifyAccountRoute(app, deps)
  pollAccountRoute(app, deps)
  pauseAccountRoute(app, deps)
  resumeAccountRoute(app, deps)
}
