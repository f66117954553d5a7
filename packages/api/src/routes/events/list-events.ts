import { RelayError } from "@postrider/core/error/relay-error"
import { type FeedQuery, readFeed } from "@postrider/core/event/read-feed"
import * as v from "valibot"
import { addRoute } from "../../add-route.ts"
import { encodeCursor } from "../../cursor.ts"
import type { Api, ApiDeps } from "../../env.ts"
import { listPosition, listQueryEntries } from "../../list-answer.ts"
import { commaList } from "../../schema/comma-list.ts"
import { fieldFault } from "../../schema/field-fault.ts"
import { strict } from "../../schema/strict.ts"
import { flag, id, line, time } from "../../schema/text.ts"
import { waitSignal } from "../../wait-signal.ts"
import { bodyForm, shownEvent } from "./event-schema.ts"

const wait = v.pipe(
  v.string(),
  v.regex(/^(?:1?[0-9]|20)$/, fieldFault("out_of_range", "must be a whole number from 0 to 20")),
  v.transform(Number),
  v.metadata({ description: "Seconds to wait for a first event." }),
)

const query = strict({
  ...listQueryEntries,
  since: v.optional(v.pipe(time, v.metadata({ description: "Where to begin without a cursor." }))),
  types: v.optional(commaList(line(64))),
  account: v.optional(id),
  tenant: v.optional(line(64)),
  test: v.optional(flag, "false"),
  body: v.optional(bodyForm, "compact"),
  wait: v.optional(wait, "0"),
})

/** As the log gives it; nothing else reaches the store. */
const position = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z(?:#[A-Za-z0-9_-]{1,64})?$/

const page = v.object({ data: v.array(shownEvent), next_cursor: v.string(), has_more: v.boolean() })

export function listEventsRoute(app: Api, deps: ApiDeps): void {
  addRoute(app, deps, {
    method: "get",
    path: "/v1/events",
    operationId: "listEvents",
    summary: "Read the log of events, oldest first",
    description:
      "Without gaps. `next_cursor` is never null: keep it and come back. An event may come twice, under one id.",
    tag: "Events",
    scope: "events:read",
    query,
    answers: { 200: { description: "A page.", schema: page } },
    problems: ["invalid_cursor", "cursor_expired"],
    async handle({ c, actor, query }) {
      const { since, body, wait: seconds, test, ...filters } = query
      const { limit, after, scope } = listPosition(deps.ports.ids, "/v1/events", { ...filters, test })
      const { types, account, tenant } = filters
      if (after !== undefined && !position.test(after)) {
        throw new RelayError("invalid_cursor", "The cursor cannot be read.")
      }
      const asked: FeedQuery = {
        limit,
        test,
        body,
        waitMs: seconds * 1000,
        signal: waitSignal(c, deps),
        ...(after === undefined ? {} : { after }),
        ...(since === undefined ? {} : { since: Date.parse(since) }),
        ...(types === undefined ? {} : { types }),
        ...(account === undefined ? {} : { account }),
        ...(tenant === undefined ? {} : { tenant }),
      }
      const { data, next, hasMore } = await readFeed(deps.ports, actor, asked)
      return c.json({ data, next_cursor: encodeCursor(deps.ports.ids, scope, next), has_more: hasMore })
    },
  })
}
