import type { OpenAPIV3_1 } from "openapi-types"
import { page } from "../../docs/page.ts"
import { renderReference } from "../../docs/render-reference.ts"
import type { Api } from "../../env.ts"

/** The reference for people, rendered once from the OpenAPI document. */
export function docsRoute(app: Api, document: () => Promise<OpenAPIV3_1.Document>): void {
  let body: Promise<string> | undefined
  app.get("/docs", async (c) => {
    body ??= document().then(renderReference)
    return page(c, { title: "Postrider API", body: await body })
  })
}
