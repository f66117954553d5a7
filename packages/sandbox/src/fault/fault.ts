/** Where in a session a fault can be put. `login` is PASS, AUTH, LOGIN and AUTHENTICATE alike. */
export const stages = {
  smtp: ["connect", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "body", "dot", "delivered", "quit"],
  imap: [
    "connect",
    "capability",
    "starttls",
    "login",
    "list",
    "status",
    "select",
    "fetch",
    "store",
    "copy",
    "move",
    "append",
    "search",
    "expunge",
    "idle",
    "logout",
  ],
  pop3: [
    "connect",
    "capa",
    "stls",
    "login",
    "stat",
    "list",
    "uidl",
    "top",
    "retr",
    "dele",
    "noop",
    "quit",
    "committed",
  ],
} as const

export type Protocol = keyof typeof stages
export type Stage<P extends Protocol = Protocol> = (typeof stages)[P][number]

/** One fault: where it strikes (`at` and the filters), how often, and what it does there. */
export type Fault = {
  readonly at: Stage
  /** How often it strikes; without it, until it is cleared. */
  readonly times?: number
  /** Lets this many chances pass first. */
  readonly after?: number

  // Filters: all that are given must match.
  /** Name of the signed-in user, or of the one who tries to; not before that. */
  readonly user?: string
  /** Address or pattern with `*`, e.g. `*@full.test`, at mail and later. */
  readonly sender?: string
  /** Address or pattern with `*`, at rcpt. */
  readonly recipient?: string
  /** IMAP mailbox path. */
  readonly mailbox?: string
  /** UIDs it concerns; POP3 too: the UIDs of the same messages in IMAP. */
  readonly uids?: readonly number[]
  /** Every nth of the messages asked for. */
  readonly every?: number

  // Effects at any stage, in this order.
  readonly delayMs?: number
  /** From here on every octet of an answer waits this long. */
  readonly dripMs?: number
  /** Never answers; the connection stays open. */
  readonly hang?: boolean
  /** Closes the connection, with RST for "reset". */
  readonly drop?: boolean | "reset"
  /** Answers this instead. `{sender}`, `{recipient}` and `{user}` are filled in. */
  readonly reply?: string

  // Effects at one stage.
  /** Extensions not offered and refused, at ehlo, capability and capa. */
  readonly withhold?: readonly string[]
  /** Extensions told of besides the real ones, e.g. `LOGIN-DELAY 10`, at the same stages. */
  readonly announce?: readonly string[]
  /** Value of SIZE, at ehlo. */
  readonly sizeBytes?: number
  /** 451 4.7.1 until this long after the first try of the same sender and recipient, at rcpt. */
  readonly greylistSeconds?: number
  /** With drop or hang at body: after so many octets of the message. At fetch and retr: the connection ends after so many octets of a message. */
  readonly afterBytes?: number
  /** What SELECT and STATUS claim. */
  readonly uidNext?: number | "absent"
  readonly uidValidity?: number | "absent"
  readonly readOnly?: boolean
  /** Leaves messages out of fetches of bodies, or out of every fetch; at search, with "rows", out of its answer. */
  readonly omit?: "bodies" | "rows"
  /** `BODY[] NIL`, at fetch. */
  readonly nilBody?: boolean
  /** The message comes so many octets shorter, correctly framed, at fetch and retr. */
  readonly shortBy?: number
  /** The message comes so many octets longer, correctly framed, at fetch and retr. */
  readonly longBy?: number
  /** The message never ends, at fetch and retr. */
  readonly endless?: boolean
  /** What RFC822.SIZE and LIST claim, at fetch and list. */
  readonly sizeSays?: number
  /** Adds a row for the last message below the range asked for, at fetch. */
  readonly belowRange?: boolean
  /** Removes the messages for good just before they are sent, at fetch and retr. */
  readonly expunge?: boolean
  /** At uidl: so many messages share the UIDL of the first. */
  readonly sameFor?: number
  /** At uidl: put in front of every UIDL, so all of them change. */
  readonly prefix?: string
  /** At uidl: a message listed for the first time gets the UIDL of a deleted one. */
  readonly reuse?: boolean
  /** At POP3 login: message numbers run from the newest to the oldest. */
  readonly reversed?: boolean
}

export type Faults = { readonly [P in Protocol]?: Fault | readonly Fault[] }
