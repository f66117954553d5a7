import { type Fault, type Protocol, stages } from "./fault.ts"

type Field = Exclude<keyof Fault, "at">
type Check = (value: unknown, protocol: Protocol) => string | undefined
type FieldRule = {
  readonly check: Check
  /** Where the field means something; a protocol that is not named knows it nowhere. */
  readonly at: "any" | { readonly [P in Protocol]?: "any" | readonly string[] }
}

const maxDelayMs = 3_600_000
const maxOctets = 2 ** 32

const integer =
  (min: number, max: number): Check =>
  (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= min && value <= max
      ? undefined
      : `expected a whole number from ${min} to ${max}`
const text =
  (maxLength: number): Check =>
  (value) =>
    typeof value === "string" && value.length > 0 && value.length <= maxLength && !hasControls(value)
      ? undefined
      : `expected a text of 1 to ${maxLength} characters without control characters`
const oneOf =
  (...allowed: readonly (string | boolean)[]): Check =>
  (value) =>
    allowed.some((one) => one === value)
      ? undefined
      : `expected ${allowed.map((one) => JSON.stringify(one)).join(" or ")}`
const listOf =
  (check: Check): Check =>
  (value, protocol) =>
    Array.isArray(value) && value.length > 0 && value.length <= 10_000
      ? value.map((one) => check(one, protocol)).find((detail) => detail !== undefined)
      : "expected a list that is not empty"
const numberOrAbsent = (value: unknown): string | undefined =>
  value === "absent" || integer(0, maxOctets - 1)(value, "imap") === undefined
    ? undefined
    : 'expected a number or "absent"'

const replyShapes: { readonly [P in Protocol]: { readonly shape: RegExp; readonly hint: string } } = {
  smtp: { shape: /^[2-5]\d\d ./, hint: "expected a reply as in 451 4.7.1 Try again later" },
  imap: { shape: /^(?:OK|NO|BAD|BYE) ./, hint: "expected OK, NO, BAD or BYE and a text, without tag" },
  pop3: { shape: /^(?:\+OK|-ERR)(?: .*)?$/, hint: "expected +OK or -ERR and a text" },
}
const reply: Check = (value, protocol) =>
  text(500)(value, protocol) ??
  (replyShapes[protocol].shape.test(String(value)) ? undefined : replyShapes[protocol].hint)

const fetches = { imap: ["fetch"], pop3: ["retr"] } as const
const extensionStages = { smtp: ["ehlo"], imap: ["capability"], pop3: ["capa"] } as const
/** Where a session has a name. */
const signedIn = {
  smtp: ["mail", "rcpt", "data", "body", "dot", "delivered", "quit"],
  imap: stages.imap.filter((stage) => !["connect", "starttls", "capability"].includes(stage)),
  pop3: stages.pop3.filter((stage) => !["connect", "stls", "capa"].includes(stage)),
} as const
const rules: { readonly [F in Field]-?: FieldRule } = {
  times: { check: integer(1, 1_000_000), at: "any" },
  after: { check: integer(0, 1_000_000), at: "any" },
  user: { check: text(320), at: signedIn },
  sender: { check: text(320), at: { smtp: ["mail", "rcpt", "data", "body", "dot", "delivered"] } },
  recipient: { check: text(320), at: { smtp: ["rcpt"] } },
  mailbox: {
    check: text(500),
    at: { imap: ["select", "status", "fetch", "store", "copy", "move", "append", "search", "expunge", "idle"] },
  },
  uids: { check: listOf(integer(1, maxOctets - 1)), at: { imap: ["fetch", "search"], pop3: ["retr", "top", "dele"] } },
  every: { check: integer(1, 1_000_000), at: { imap: ["fetch", "search"] } },
  delayMs: { check: integer(1, maxDelayMs), at: "any" },
  dripMs: { check: integer(1, 60_000), at: "any" },
  hang: { check: oneOf(true), at: "any" },
  drop: { check: oneOf(true, "reset"), at: "any" },
  reply: { check: reply, at: "any" },
  withhold: { check: listOf(text(40)), at: extensionStages },
  announce: { check: listOf(text(100)), at: extensionStages },
  sizeBytes: { check: integer(0, maxOctets - 1), at: { smtp: ["ehlo"] } },
  greylistSeconds: { check: integer(1, 86_400), at: { smtp: ["rcpt"] } },
  afterBytes: { check: integer(0, maxOctets - 1), at: { smtp: ["body"], ...fetches } },
  uidNext: { check: numberOrAbsent, at: { imap: ["select", "status"] } },
  uidValidity: { check: numberOrAbsent, at: { imap: ["select", "status"] } },
  readOnly: { check: oneOf(true), at: { imap: ["select"] } },
  omit: { check: oneOf("bodies", "rows"), at: { imap: ["fetch", "search"] } },
  nilBody: { check: oneOf(true), at: { imap: ["fetch"] } },
  shortBy: { check: integer(1, maxOctets - 1), at: fetches },
  longBy: { check: integer(1, maxOctets - 1), at: fetches },
  endless: { check: oneOf(true), at: fetches },
  sizeSays: { check: integer(0, maxOctets - 1), at: { imap: ["fetch"], pop3: ["list"] } },
  belowRange: { check: oneOf(true), at: { imap: ["fetch"] } },
  expunge: { check: oneOf(true), at: fetches },
  sameFor: { check: integer(2, 100_000), at: { pop3: ["uidl"] } },
  prefix: { check: text(20), at: { pop3: ["uidl"] } },
  reuse: { check: oneOf(true), at: { pop3: ["uidl"] } },
  reversed: { check: oneOf(true), at: { pop3: ["login"] } },
}

export function isFaultField(name: string): name is Field {
  return Object.hasOwn(rules, name)
}

/** The stages of a protocol where the field may stand. */
export function fieldStages(field: Field, protocol: Protocol): "any" | readonly string[] {
  const { at } = rules[field]
  return at === "any" ? "any" : (at[protocol] ?? [])
}

/** Why the value cannot be taken; undefined: it can. */
export function checkField(field: Field, protocol: Protocol, value: unknown): string | undefined {
  return rules[field].check(value, protocol)
}

function hasControls(value: string): boolean {
  return [...value].some((character) => character < " " || character === "\u007f")
}
