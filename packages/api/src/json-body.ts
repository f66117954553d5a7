import { RelayError } from "@postrider/core/error/relay-error"
import { readJson } from "./body/read-json.ts"
import type { ApiContext } from "./env.ts"
import { mediaType } from "./media-type.ts"

const jsonTypes = new Set(["application/json", "application/merge-patch+json"])

/**
 * The body as JSON; `{}` when it is empty. Long texts at `contentAt` come as LiftedContent.
 * @throws RelayError `unsupported_media_type`, `invalid_json`.
 */
export async function jsonBody(c: ApiContext, contentAt: readonly string[] = []): Promise<unknown> {
  const body = c.get("body")
  if (body.size === 0) return {}
  const type = mediaType(c)
  if (!jsonTypes.has(type)) {
    throw new RelayError(
      "unsupported_media_type",
      `A body of type ${type === "" ? "(none)" : type.slice(0, 100)} is not taken here.`,
    )
  }
  return readJson(body, contentAt)
}
