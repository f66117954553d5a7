import { createHash } from "node:crypto"
import type { SendContent, SendMessageInput } from "@postrider/core/outbound/send-input"
import * as v from "valibot"
import type { RequestBody } from "../../body/request-body.ts"
import { plainAddress } from "../../schema/address.ts"
import { commaList } from "../../schema/comma-list.ts"
import { strict } from "../../schema/strict.ts"
import { id } from "../../schema/text.ts"
import { invalidRequest, validateBody } from "../../validate.ts"
import { sendBody, sendInput } from "./send-schema.ts"

/** Query of a raw mail; a JSON request has fields for all of it. */
export const rawMailQuery = strict({
  account: v.optional(id),
  mail_from: v.optional(v.union([v.literal(""), plainAddress])),
  rcpt_to: v.optional(commaList(plainAddress)),
})

type RawMailQuery = v.InferOutput<typeof rawMailQuery>

/** A body of `message/rfc822` as the use case takes it. It is read once here, for its digest. */
export async function rawMailInput(query: RawMailQuery, body: RequestBody): Promise<SendMessageInput> {
  const nothing = sendInput(validateBody(sendBody, {}))
  const { mail_from, rcpt_to } = query
  return {
    ...nothing,
    account: query.account ?? null,
    envelope: { mail_from: mail_from ?? null, rcpt_to: rcpt_to ?? null },
    raw: await contentOf(body),
  }
}

/** @throws RelayError `invalid_request`: what stands in the query of a JSON request would be dropped. */
export function refuseRawQuery(query: RawMailQuery): void {
  const errors = Object.keys(query).map((parameter) => {
    const detail = `${parameter} belongs into the body, unless that is a raw mail.`
    return { parameter, code: "unknown_field" as const, detail }
  })
  if (errors.length > 0) throw invalidRequest(errors)
}

async function contentOf(body: RequestBody): Promise<SendContent> {
  const hash = createHash("sha256")
  for await (const chunk of body.read()) hash.update(chunk)
  return { size: body.size, sha256: hash.digest("hex"), body: () => body.read() }
}
