import type { Api, ApiDeps } from "../../env.ts"
import { getEventRoute } from "./get-event.ts"
import { listEventAttemptsRoute } from "./list-event-attempts.ts"
import { listEventsRoute } from "./list-events.ts"
import { redeliverEventRoute } from "./redeliver-event.ts"

export function eventRoutes(app: Api, deps: ApiDeps): void {
  listEventsRoute(app, deps)
  getEventRoute(app, deps)
  listEventAttemptsRoute(app, deps)
  redeliverEventRoute(app, deps)
}
