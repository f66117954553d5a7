import type { OpenAPIV3_1 } from "openapi-types"
import { escapeHtml, inline } from "./html.ts"

export type Schema = OpenAPIV3_1.SchemaObject | OpenAPIV3_1.ReferenceObject
type Schemas = Readonly<Record<string, Schema>>

const maxDepth = 5

/** The fields of a schema as rows of a table, nested ones by their path. */
export function fieldRows(schema: Schema, schemas: Schemas): string {
  return rowsOf(schema, { schemas, path: "", depth: 0 })
}

interface Place {
  schemas: Schemas
  path: string
  depth: number
}

function rowsOf(schema: Schema, place: Place): string {
  const plain = resolve(schema, place.schemas)
  if (plain === undefined || place.depth > maxDepth) return ""
  const rows = Object.entries(plain.properties ?? {}).map(([name, field]) => {
    const path = place.path === "" ? name : `${place.path}.${name}`
    return fieldRow(path, field, { required: plain.required?.includes(name) === true, place })
  })
  const nested = [...alternatives(plain), ...(isArray(plain) ? [plain.items] : [])]
  const inner = nested.map((each) => rowsOf(each, { ...place, depth: place.depth + 1 }))
  return [...rows, ...inner].join("")
}

function fieldRow(path: string, field: Schema, { required, place }: { required: boolean; place: Place }): string {
  const plain = resolve(field, place.schemas)
  const words = [required ? "required" : "", plain?.description ?? "", limits(plain)].filter((word) => word !== "")
  const row = `<tr><td><code>${escapeHtml(path)}</code></td><td>${escapeHtml(typeOf(field, place.schemas))}</td><td>${words.map(inline).join("; ")}</td></tr>\n`
  return row + rowsOf(field, { ...place, path, depth: place.depth + 1 })
}

function resolve(schema: Schema, schemas: Schemas): OpenAPIV3_1.SchemaObject | undefined {
  if (!("$ref" in schema) || typeof schema.$ref !== "string") return schema as OpenAPIV3_1.SchemaObject
  const target = schemas[schema.$ref.slice("#/components/schemas/".length)]
  return target === undefined || "$ref" in target ? undefined : (target as OpenAPIV3_1.SchemaObject)
}

function alternatives(schema: OpenAPIV3_1.SchemaObject): Schema[] {
  return [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]
}

function isArray(schema: OpenAPIV3_1.SchemaObject): schema is OpenAPIV3_1.ArraySchemaObject {
  return "items" in schema && schema.items !== undefined && !Array.isArray(schema.items)
}

function typeOf(schema: Schema, schemas: Schemas): string {
  const plain = resolve(schema, schemas)
  if (plain === undefined) return "object"
  if (plain.enum !== undefined) return plain.enum.map((value) => JSON.stringify(value)).join(", ")
  if (plain.const !== undefined) return JSON.stringify(plain.const)
  if (isArray(plain)) return `array of ${typeOf(plain.items, schemas)}`
  const several = [...new Set(alternatives(plain).map((each) => typeOf(each, schemas)))]
  if (several.length > 0) return several.join(" or ")
  return Array.isArray(plain.type) ? plain.type.join(" or ") : (plain.type ?? "any")
}

function limits(schema: OpenAPIV3_1.SchemaObject | undefined): string {
  if (schema === undefined) return ""
  const { minimum, maximum, maxLength, pattern } = schema
  const words = [
    minimum === undefined ? "" : `from ${minimum}`,
    maximum === undefined ? "" : `to ${maximum}`,
    maxLength === undefined ? "" : `up to ${maxLength} characters`,
    pattern === undefined ? "" : `matches \`${pattern}\``,
    schema.default === undefined ? "" : `default \`${JSON.stringify(schema.default)}\``,
  ]
  return words.filter((word) => word !== "").join(" ")
}
