import type { OpenAPIV3_1 } from "openapi-types"
import { fieldRows, type Schema } from "./field-rows.ts"
import { escapeHtml, inline } from "./html.ts"

interface Call {
  method: string
  path: string
  operation: OpenAPIV3_1.OperationObject
}

const methods = ["get", "post", "put", "patch", "delete"] as const

/** The OpenAPI document as the body of one page: a table of contents, then each call with its fields and answers. */
export function renderReference(document: OpenAPIV3_1.Document): string {
  const schemas = document.components?.schemas ?? {}
  const groups = Map.groupBy(callsOf(document), ({ operation }) => operation.tags?.[0] ?? "Other")
  const contents = [...groups].map(
    ([tag, calls]) => `<h4>${escapeHtml(tag)}</h4><ul>${calls.map(contentsEntry).join("")}</ul>`,
  )
  const sections = [...groups].map(([tag, calls]) => {
    return `<h2>${escapeHtml(tag)}</h2>\n${calls.map((call) => renderCall(call, schemas)).join("\n")}`
  })
  return `<h1>${escapeHtml(document.info.title)} API</h1>
<p>${inline(document.info.description ?? "")}</p>
<p class="soft">Version ${escapeHtml(document.info.version)}. The same for tools: <a href="/openapi.json">/openapi.json</a>.
What each error means: <a href="/docs/errors">/docs/errors</a>.</p>
<nav>${contents.join("")}</nav>
${sections.join("\n")}`
}

function callsOf(document: OpenAPIV3_1.Document): Call[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    methods.flatMap((method) => {
      const operation = item?.[method]
      return operation === undefined ? [] : [{ method, path, operation }]
    }),
  )
}

function contentsEntry({ operation }: Call): string {
  const id = escapeHtml(operation.operationId ?? "")
  return `<li><a href="#${id}">${escapeHtml(operation.summary ?? id)}</a></li>`
}

function renderCall({ method, path, operation }: Call, schemas: Record<string, Schema>): string {
  return `<h3 id="${escapeHtml(operation.operationId ?? "")}">${escapeHtml(operation.summary ?? "")}</h3>
<p class="call"><b>${method.toUpperCase()}</b> ${escapeHtml(path)}</p>
<p>${inline(operation.description ?? "")} <span class="soft">${needs(operation)}</span></p>
${renderParameters(operation)}${renderBody(operation, schemas)}${renderAnswers(operation)}`
}

function needs({ security }: OpenAPIV3_1.OperationObject): string {
  if (security === undefined || security.length === 0) return "Needs no key."
  const scopes = security.flatMap((entry) => entry.key ?? [])
  return scopes.length === 0
    ? "Needs any key."
    : `Needs ${scopes.map((scope) => `<code>${escapeHtml(scope)}</code>`).join(" or ")}.`
}

function renderParameters({ parameters = [] }: OpenAPIV3_1.OperationObject): string {
  const rows = parameters.flatMap((parameter) => {
    if ("$ref" in parameter) return []
    const place = parameter.in === "path" ? "in the path" : "in the query"
    return [
      `<tr><td><code>${escapeHtml(parameter.name)}</code></td><td>${place}</td><td>${inline(parameter.description ?? "")}</td></tr>`,
    ]
  })
  return rows.length === 0 ? "" : `<h4>Parameters</h4><table>${rows.join("\n")}</table>\n`
}

function renderBody({ requestBody }: OpenAPIV3_1.OperationObject, schemas: Record<string, Schema>): string {
  if (requestBody === undefined || "$ref" in requestBody) return ""
  const schema = requestBody.content["application/json"]?.schema
  const rows = schema === undefined ? "" : fieldRows(schema as Schema, schemas)
  return rows === "" ? "" : `<h4>Body</h4><table>${rows}</table>\n`
}

function renderAnswers({ responses = {} }: OpenAPIV3_1.OperationObject): string {
  const rows = Object.entries(responses).map(([status, answer]) => {
    const description = "$ref" in answer ? "" : answer.description
    return `<tr><td>${escapeHtml(status)}</td><td>${linkCodes(inline(description), Number(status))}</td></tr>`
  })
  return `<h4>Answers</h4><table>${rows.join("\n")}</table>`
}

/** Error codes lead to their pages. */
function linkCodes(html: string, status: number): string {
  if (status < 400) return html
  return html.replace(/<code>([a-z_/]+)<\/code>/g, '<a href="/docs/errors/$1"><code>$1</code></a>')
}
