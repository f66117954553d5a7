import { generateSpecs } from "hono-openapi"
import type { OpenAPIV3_1 } from "openapi-types"
import type { Api, ApiDeps } from "../env.ts"
import { components } from "./components.ts"

/** The OpenAPI 3.1 document of all routes of the app; made once. */
export function createDocument(app: Api, deps: ApiDeps): () => Promise<OpenAPIV3_1.Document> {
  let made: Promise<OpenAPIV3_1.Document> | undefined
  return () => {
    made ??= make(app, deps)
    return made
  }
}

async function make(app: Api, deps: ApiDeps): Promise<OpenAPIV3_1.Document> {
  return generateSpecs(app, {
    documentation: {
      info: {
        title: "Postrider",
        version: deps.version,
        description: "One REST API to send and receive mail over the servers you already have.",
        license: { name: "MIT", identifier: "MIT" },
      },
      servers: [{ url: deps.ports.limits.publicUrl }],
      components,
    },
    defaultValidationErrorResponse: false,
    excludeStaticFile: false,
  })
}
