import type { InboundKind } from "./message.ts"

type Headers = readonly (readonly [name: string, value: string])[]

/** Why a mail must not be answered by a machine, first reason that fits (mail-rules L1). The first four bind persons' replies too (L2). */
export const automaticReasons = [
  "auto_submitted",
  "null_return_path",
  "kind",
  "own_message",
  "list",
  "precedence",
  "auto_response_suppress",
  "sender_role",
  "own_address",
] as const
export type AutomaticReason = (typeof automaticReasons)[number]

export interface AutomaticFacts {
  headers: Headers
  kind: InboundKind
  /** Null: no Return-Path; "": the null sender. */
  returnPath: string | null
  from: string | null
  /** Addresses the account sends from, lower case. */
  ownAddresses: readonly string[]
  /** Id of our own message that this one is a copy of. */
  sentBy: string | null
}

const roles = /^(mailer-daemon|postmaster|no-?reply|do-?not-?reply|noreply-.*|bounces?)$/
const suppressed = /\b(all|autoreply|oof)\b/i
const bulk = /^\s*(bulk|junk|list)\b/i

/** The reason, or null: then a reply is allowed. */
export function automaticReason(facts: AutomaticFacts): AutomaticReason | null {
  const all = (name: string) => facts.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value)
  const from = facts.from?.toLowerCase() ?? null
  const tests: Record<AutomaticReason, boolean> = {
    auto_submitted: all("auto-submitted").some((value) => !/^\s*no\s*(?:[;(]|$)/i.test(value)),
    null_return_path: facts.returnPath === "",
    kind: facts.kind !== "mail",
    own_message: facts.sentBy !== null,
    list: all("list-id").length > 0 || all("list-unsubscribe").length > 0,
    precedence: all("precedence").some((value) => bulk.test(value)),
    auto_response_suppress: all("x-auto-response-suppress").some((value) => suppressed.test(value)),
    sender_role: from !== null && roles.test(from.slice(0, from.lastIndexOf("@"))),
    own_address: from !== null && facts.ownAddresses.includes(from),
  }
  return automaticReasons.find((reason) => tests[reason]) ?? null
}
