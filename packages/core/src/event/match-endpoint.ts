import type { EndpointFilter } from "../webhook/endpoint-list.ts"
import { type EventType, type NewEvent, namedOnlyTypes } from "./event.ts"

/** What decides who gets an event. */
export type EventFacts = Pick<NewEvent, "type" | "account" | "tenant" | "test" | "mailbox" | "tags" | "about">

/**
 * Whether an endpoint gets an event: every filter it has must fit (tags: any of them), test endpoints get tests and only those,
 * and no endpoint hears about itself. Says nothing about being disabled.
 */
export function matchesEndpoint(event: EventFacts, filter: EndpointFilter): boolean {
  return (
    event.about !== filter.id &&
    event.test === filter.test &&
    matchesTypes(event.type, filter.types) &&
    fits(event.account, filter.accounts) &&
    fits(event.tenant, filter.tenants) &&
    fits(event.mailbox, filter.mailboxes) &&
    (filter.tags === undefined || filter.tags.some((tag) => event.tags?.includes(tag) === true))
  )
}

/** `message.received` by name, `message.*`, or `*`; wildcards leave out the types that must be named. */
export function matchesTypes(type: EventType, patterns: readonly string[]): boolean {
  if (patterns.includes(type)) return true
  if (namedOnlyTypes.has(type)) return false
  return patterns.some(
    (pattern) => pattern === "*" || (pattern.endsWith(".*") && type.startsWith(pattern.slice(0, -1))),
  )
}

function fits(value: string | null | undefined, allowed: readonly string[] | undefined): boolean {
  return allowed === undefined || (typeof value === "string" && allowed.includes(value))
}
