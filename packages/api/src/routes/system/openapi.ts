import type { OpenAPIV3_1 } from "openapi-types"
import type { Api } from "../../env.ts"

/** The full reference, for tools. */
export function openapiRoute(app: Api, document: () => Promise<OpenAPIV3_1.Document>): void {
  app.get("/openapi.json", async (c) => c.json(await document(), 200, { "Cache-Control": "public, max-age=300" }))
}
