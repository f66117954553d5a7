import { toJsonSchema } from "@valibot/to-json-schema"
import type { OpenAPIV3, OpenAPIV3_1 } from "openapi-types"
import type { Schema } from "../validate.ts"

/** A query's schema as OpenAPI parameters. */
export function queryParameters(query: Schema | undefined): OpenAPIV3_1.ParameterObject[] {
  if (query === undefined) return []
  const { properties = {}, required = [] } = toJsonSchema(query, { errorMode: "ignore", typeMode: "input" })
  return Object.entries(properties).map(([name, schema]) => {
    const place = { name, in: "query" as const }
    if (typeof schema === "boolean") return place
    const { description, ...rest } = schema
    return {
      ...place,
      required: required.includes(name),
      ...(description === undefined ? {} : { description }),
      // The two libraries type the same JSON Schema differently.
      schema: rest as object as OpenAPIV3.SchemaObject,
    }
  })
}
