import { errorCodes } from "@postrider/core/error/codes"
import type { OpenAPIV3_1 } from "openapi-types"

const text = { type: "string" } satisfies OpenAPIV3_1.SchemaObject
const textOrNull: OpenAPIV3_1.SchemaObject = { type: ["string", "null"] }

const problem: OpenAPIV3_1.SchemaObject = {
  type: "object",
  description: "RFC 9457.",
  required: ["type", "title", "status", "detail", "instance", "code", "request_id"],
  properties: {
    type: { type: "string", format: "uri", description: "The page of the code." },
    title: text,
    status: { type: "integer" },
    detail: { type: "string", description: "What is wrong with this request." },
    instance: text,
    code: { type: "string", enum: [...errorCodes] },
    fix: { type: "string", description: "What to do about it." },
    request_id: text,
    errors: {
      type: "array",
      items: {
        type: "object",
        required: ["code", "detail"],
        properties: {
          pointer: { type: "string", description: "JSON Pointer (RFC 6901) into the body." },
          parameter: { type: "string", description: "Name of a query parameter or header." },
          code: text,
          detail: text,
        },
      },
    },
    provider: {
      type: "object",
      description: "What a mail server said.",
      properties: { protocol: textOrNull, code: textOrNull, enhanced_code: textOrNull, response: textOrNull },
    },
  },
}

/** What routes refer to by name. */
export const components: OpenAPIV3_1.ComponentsObject = {
  securitySchemes: { key: { type: "http", scheme: "bearer", description: "An API key, `pr_…`." } },
  schemas: { Problem: problem },
  parameters: {
    IdempotencyKey: {
      name: "Idempotency-Key",
      in: "header",
      description: "1 to 256 visible ASCII characters. The same request with the same key is done once.",
      schema: { type: "string", minLength: 1, maxLength: 258 },
    },
    IfMatch: {
      name: "If-Match",
      in: "header",
      description: "ETag that must still be current.",
      schema: { type: "string" },
    },
    IfNoneMatch: {
      name: "If-None-Match",
      in: "header",
      description: "`*`: only if there is none yet.",
      schema: { type: "string" },
    },
  },
}
