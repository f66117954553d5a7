import { ConnectionClosed } from "../connection/connection-error.ts"
import type { Fault } from "../fault/fault.ts"
import { serveBody } from "../fault/served-body.ts"
import { cut } from "../fault/strike.ts"
import { type Content, createContent } from "../message/content.ts"
import { headerLength } from "../message/headers.ts"
import { createDotStuffer } from "./dot-stuffer.ts"
import { type Maildrop, meetFault, messageAt, needs, Pop3Refusal, type Pop3Session } from "./session.ts"

/** RETR, streamed with back-pressure. */
export async function retr(session: Pop3Session, maildrop: Maildrop, args: readonly string[]): Promise<void> {
  const message = messageAt(maildrop, args[0])
  const fault = await meetFault(session, "retr", { uids: [message.uid] })
  if (fault?.expunge) maildrop.mailbox.remove(new Set([message.uid]))
  if (!maildrop.mailbox.messages.includes(message)) throw new Pop3Refusal("Message is gone")
  await send(session, message.content, fault)
}

/** TOP n lines: the header and so many lines of the body. */
export async function top(session: Pop3Session, maildrop: Maildrop, args: readonly string[]): Promise<void> {
  needs(session, "TOP")
  const message = messageAt(maildrop, args[0])
  if (!/^\d{1,9}$/.test(args[1] ?? "")) throw new Pop3Refusal("Expected a number of lines")
  await meetFault(session, "top", { uids: [message.uid] })
  await send(
    session,
    createContent(...message.content.slice(0, topLength(message.content, Number(args[1])))),
    undefined,
  )
}

async function send(session: Pop3Session, content: Content, fault: Fault | undefined): Promise<void> {
  const { connection } = session.talk
  const body = serveBody(content, fault)
  await session.talk.say(`+OK ${body.size} octets\r\n`)
  const stuffer = createDotStuffer()
  for (const chunk of body.chunks(0, fault?.afterBytes ?? body.size)) {
    for (const piece of stuffer.stuff(chunk)) await connection.write(piece)
  }
  if (fault?.afterBytes === undefined) return connection.write(stuffer.end())
  await cut(connection, fault)
  connection.end()
  throw new ConnectionClosed("ended in the middle of a message on purpose")
}

function topLength(content: Content, lines: number): number {
  let length = headerLength(content)
  let left = lines
  for (const piece of content.slice(length, content.size)) {
    for (let from = 0; left > 0 && from < piece.length; left -= 1) {
      const end = piece.indexOf(10, from)
      const next = end < 0 ? piece.length : end + 1
      length += next - from
      from = next
    }
  }
  return length
}
