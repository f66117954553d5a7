import { describeRoute } from "hono-openapi"
import type { Api } from "../../env.ts"

/** Alive: the process answers. Says nothing of its stores. */
export function healthRoute(app: Api): void {
  const about = describeRoute({
    operationId: "getHealth",
    summary: "Whether the process is alive",
    tags: ["System"],
    security: [],
    responses: { 200: { description: "It is." } },
  })
  app.get("/health", about, (c) => c.json({ ok: true }))
}
