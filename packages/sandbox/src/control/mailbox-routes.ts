import type { Mailbox, StoredMessage } from "../mailbox/mailbox.ts"
import { createContent } from "../message/content.ts"
import { headerValue, readHeaders } from "../message/headers.ts"
import { parseJson } from "./fault-routes.ts"
import { HttpProblem } from "./http-problem.ts"
import type { Answer, ControlRequest } from "./routes.ts"

export function listMailboxes({ services: { store } }: ControlRequest): Answer {
  const users = store.names().map((user) => ({
    user,
    mailboxes: [...(store.of(user)?.values() ?? [])].map(describeMailbox),
  }))
  return { status: 200, json: { users } }
}

/** The messages of INBOX, or of `?mailbox=`. */
export function listMessages(request: ControlRequest): Answer {
  const mailbox = mailboxOf(request)
  return { status: 200, json: { ...describeMailbox(mailbox), messages: mailbox.messages.map(describeMessage) } }
}

/** Puts the body into the mailbox as it is; `?internal_date=` sets its INTERNALDATE. */
export function deliverMail(request: ControlRequest): Answer {
  const { services, segments, query, body } = request
  if (body.length === 0) throw new HttpProblem(400, "the body has to be the mail")
  const date = query.get("internal_date")
  const internalDate = new Date(date ?? services.now())
  if (Number.isNaN(internalDate.getTime())) throw new HttpProblem(400, "internal_date is not a date")
  services.store.ensure(segments[1] ?? "")
  const message = mailboxOf(request).add({ content: createContent(body), internalDate })
  return { status: 201, json: describeMessage(message) }
}

export function showMessage(request: ControlRequest): Answer {
  return { status: 200, raw: messageOf(request).content.bytes() }
}

export function removeMessage(request: ControlRequest): Answer {
  const message = messageOf(request)
  mailboxOf(request).remove(new Set([message.uid]))
  return { status: 204 }
}

/** `{"uid_validity": n}` starts a new generation, `{"uid_next": n}` restores a backup that was taken before UID n. */
export function changeMailbox(request: ControlRequest): Answer {
  const mailbox = mailboxOf(request)
  const input = parseJson(request.body)
  const entries = typeof input === "object" && input !== null ? Object.entries(input) : []
  if (entries.length === 0) throw new HttpProblem(400, "expected uid_validity or uid_next")
  for (const [key, value] of entries) {
    if (key !== "uid_validity" && key !== "uid_next") throw new HttpProblem(400, `unknown field ${key}`)
    if (!Number.isInteger(value) || value < 1 || value > 0xffff_ffff)
      throw new HttpProblem(400, `${key}: expected a UID`)
  }
  for (const [key, value] of entries) {
    if (key === "uid_validity") mailbox.setUidValidity(value)
    else mailbox.rewind(value)
  }
  return { status: 200, json: describeMailbox(mailbox) }
}

function mailboxOf({ services, segments, query }: ControlRequest): Mailbox {
  const path = query.get("mailbox") ?? "INBOX"
  const mailbox = services.store.of(segments[1] ?? "")?.get(path)
  if (!mailbox) throw new HttpProblem(404, "no such mailbox")
  return mailbox
}

function messageOf(request: ControlRequest): StoredMessage {
  const message = mailboxOf(request).messages.find(({ uid }) => `${uid}` === request.segments[2])
  if (!message) throw new HttpProblem(404, "no such message")
  return message
}

function describeMailbox(mailbox: Mailbox): Record<string, unknown> {
  const { path, uidValidity, uidNext, messages } = mailbox
  return { mailbox: path, uidValidity, uidNext, count: messages.length }
}

function describeMessage(message: StoredMessage): Record<string, unknown> {
  const fields = readHeaders(message.content)
  const text = (name: string) => headerValue(fields, name) ?? null
  return {
    uid: message.uid,
    size: message.content.size,
    internalDate: message.internalDate.toISOString(),
    flags: [...message.flags],
    from: text("from"),
    to: text("to"),
    subject: text("subject"),
    messageId: text("message-id"),
  }
}
