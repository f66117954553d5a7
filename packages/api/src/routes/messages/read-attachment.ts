import { RelayError } from "@postrider/core/error/relay-error"
import { readAttachment } from "@postrider/core/inbound/read-attachment"
import { addRoute } from "../../add-route.ts"
import { download } from "../../download.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { isInbound } from "./is-inbound.ts"

/** Types a browser may be told; anything else is octets (mail-rules O2). */
const shownTypes = /^(?:image\/(?!svg)|audio\/|video\/|application\/pdf$)/i

export function readAttachmentRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/messages/:id/attachments/:index",
    operationId: "getAttachment",
    summary: "Read one attachment of a received mail, decoded",
    tag: "Messages",
    scope: "messages:read",
    answers: { 200: { description: "The file, always as a download.", media: "application/octet-stream" } },
    problems: ["erased", "unsupported"],
    async handle({ actor, params }) {
      if (!isInbound(params.id)) {
        throw new RelayError("unsupported", "Attachments are read of received mail.", {
          fix: "Read the whole mail under /raw.",
        })
      }
      if (!/^\d{1,4}$/.test(params.index)) throw new RelayError("not_found", "There is nothing at this path.")
      const { meta, fileName, size, body } = await readAttachment(deps.ports, actor, {
        id: params.id,
        index: Number(params.index),
      })
      const contentType = shownTypes.test(meta.content_type) ? meta.content_type : "application/octet-stream"
      return download({ body, size, filename: fileName, contentType })
    },
  })
}
