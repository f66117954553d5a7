import * as v from "valibot"

export const bodyForm = v.picklist(["compact", "full", "metadata"])

const entries = {
  id: v.string(),
  type: v.string(),
  timestamp: v.string(),
  api_version: v.literal("v1"),
  account: v.nullable(v.string()),
  tenant: v.nullable(v.string()),
  test: v.boolean(),
  sequence: v.pipe(
    v.string(),
    v.metadata({ description: "Sorts, as text, the events of one mailbox or outbound message." }),
  ),
  data: v.unknown(),
  truncated: v.array(v.object({ pointer: v.string(), bytes: v.number() })),
}

/** An event as in a webhook. */
export const shownEvent = v.pipe(v.object(entries), v.metadata({ ref: "Event" }))

/** An event with how far it has come with each endpoint. */
export const eventWithDeliveries = v.pipe(
  v.object({
    ...entries,
    deliveries: v.array(
      v.object({
        endpoint: v.string(),
        status: v.picklist(["pending", "delivered", "failed"]),
        attempts: v.number(),
        last_attempt_at: v.nullable(v.string()),
        next_attempt_at: v.nullable(v.string()),
      }),
    ),
  }),
  v.metadata({ ref: "EventWithDeliveries" }),
)
