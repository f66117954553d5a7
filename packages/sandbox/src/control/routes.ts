import type { Services } from "../services.ts"
import { putFaults, showFaults } from "./fault-routes.ts"
import {
  changeMailbox,
  deliverMail,
  listMailboxes,
  listMessages,
  removeMessage,
  showMessage,
} from "./mailbox-routes.ts"

export type ControlRequest = {
  readonly services: Services
  readonly body: Buffer
  /** The path, decoded. */
  readonly segments: readonly string[]
  readonly query: URLSearchParams
}

/** `json` is written in snake_case, `raw` as a mail. */
export type Answer = { readonly status: number; readonly json?: unknown; readonly raw?: Buffer }

export type Route = {
  readonly method: "GET" | "PUT" | "POST" | "DELETE" | "PATCH"
  /** `*` stands for any one segment. */
  readonly path: readonly string[]
  readonly answer: (request: ControlRequest) => Answer
}

export const routes: readonly Route[] = [
  { method: "GET", path: ["faults"], answer: showFaults },
  { method: "PUT", path: ["faults"], answer: putFaults },
  { method: "DELETE", path: ["faults"], answer: clearFaults },
  { method: "GET", path: ["mailboxes"], answer: listMailboxes },
  { method: "GET", path: ["mailboxes", "*"], answer: listMessages },
  { method: "POST", path: ["mailboxes", "*"], answer: deliverMail },
  { method: "PATCH", path: ["mailboxes", "*"], answer: changeMailbox },
  { method: "GET", path: ["mailboxes", "*", "*"], answer: showMessage },
  { method: "DELETE", path: ["mailboxes", "*", "*"], answer: removeMessage },
  { method: "GET", path: ["accepted"], answer: ({ services }) => ({ status: 200, json: accepted(services) }) },
  { method: "DELETE", path: ["accepted"], answer: clearAccepted },
  {
    method: "GET",
    path: ["log"],
    answer: ({ services }) => ({ status: 200, json: { sessions: services.log.sessions } }),
  },
]

function clearFaults(request: ControlRequest): Answer {
  request.services.faults.clear()
  return showFaults(request)
}

function clearAccepted({ services }: ControlRequest): Answer {
  services.ledger.clear()
  return { status: 200, json: accepted(services) }
}

function accepted({ ledger }: Services): unknown {
  return { counts: ledger.counts, accepted: ledger.accepted }
}
