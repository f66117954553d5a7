import { RelayError } from "@postrider/core/error/relay-error"
import type { ApiContext } from "./env.ts"
import { mediaType } from "./media-type.ts"
import { parseJson } from "./parse-json.ts"

const jsonTypes = new Set(["application/json", "application/merge-patch+json"])

/** The body as JSON; `{}` when it is empty. @throws RelayError `unsupported_media_type`, `invalid_json`. */
export function jsonBody(c: ApiContext): unknown {
  const bytes = c.get("body")
  if (bytes.length === 0) return {}
  const type = mediaType(c)
  if (!jsonTypes.has(type)) {
    throw new RelayError(
      "unsupported_media_type",
      `A body of type ${type === "" ? "(none)" : type.slice(0, 100)} is not taken here.`,
    )
  }
  return parseJson(bytes)
}
