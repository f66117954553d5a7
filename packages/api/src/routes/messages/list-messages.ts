import { RelayError } from "@postrider/core/error/relay-error"
import { type ListPosition, listMessages, type MessageFilter } from "@postrider/core/outbound/list-messages"
import type * as v from "valibot"
import { addRoute } from "../../add-route.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { listAnswer, listPosition } from "../../list-answer.ts"
import { listOf } from "../../schema/list-of.ts"
import { listMessagesQuery } from "./list-query.ts"
import { anyMessage } from "./message-schema.ts"

export function listMessagesRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/messages",
    operationId: "listMessages",
    summary: "List messages of both directions, newest first",
    description:
      "May lag by a second. Bodies are left out. Several values by comma; `metadata[k]=v` filters by metadata.",
    tag: "Messages",
    scope: "messages:read",
    query: listMessagesQuery,
    answers: { 200: { description: "A page.", schema: listOf(anyMessage) } },
    problems: ["invalid_cursor"],
    async handle({ c, actor, query }) {
      const { limit, after, scope } = listPosition(deps.ports.ids, "/v1/messages", query)
      const { messages, next } = await listMessages(deps.ports, actor, {
        filter: toFilter(query),
        limit,
        position: after === undefined ? null : readPosition(after),
        earliest: deps.createdAt.slice(0, 10),
      })
      const page = next === null ? { data: messages } : { data: messages, next: JSON.stringify([next.day, next.after]) }
      return c.json(listAnswer(deps.ports.ids, scope, page))
    },
  })
}

function toFilter(query: v.InferOutput<typeof listMessagesQuery>): MessageFilter {
  return {
    direction: query.direction ?? null,
    account: query.account ?? null,
    tenant: query.tenant ?? null,
    status: query.status ?? null,
    kind: query.kind ?? null,
    tag: query.tag ?? null,
    mailbox: query.mailbox ?? null,
    thread_id: query.thread_id ?? null,
    message_id: query.message_id ?? null,
    address: query.address ?? null,
    metadata: query.metadata,
    since: query.since ?? null,
    until: query.until ?? null,
    test: query.test ?? false,
  }
}

/** `<created_at>#<id>`, or nothing: the beginning of a day. */
const place = /^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z#[A-Za-z0-9_-]{1,64})?$/

/** Anybody can write a cursor: nothing in it is believed. */
function readPosition(text: string): ListPosition {
  const position = parsePosition(text)
  if (position !== undefined) return position
  throw new RelayError("invalid_cursor", "The cursor cannot be read.")
}

function parsePosition(text: string): ListPosition | undefined {
  try {
    const parsed: unknown = JSON.parse(text)
    const [day, after]: unknown[] = Array.isArray(parsed) ? parsed : []
    if (typeof after !== "string" || !place.test(after)) return undefined
    return day === null || isDay(day) ? { day, after } : undefined
  } catch {
    return undefined
  }
}

function isDay(day: unknown): day is string {
  if (typeof day !== "string" || !/^\d{4}-\d\d-\d\d$/.test(day)) return false
  const at = Date.parse(day)
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day)
}
