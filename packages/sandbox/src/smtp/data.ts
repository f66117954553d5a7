import { createHash, randomBytes } from "node:crypto"
import { ConnectionClosed } from "../connection/connection-error.ts"
import { cut, strike } from "../fault/strike.ts"
import { traceHeaders } from "../mailbox/trace.ts"
import { createContent } from "../message/content.ts"
import { headerValue, readHeaders } from "../message/headers.ts"
import { readUntilDot } from "./dot-reader.ts"
import { mayBegin } from "./envelope.ts"
import { failsAt, reply, replyFault, type SmtpSession, type Transaction, takeFault } from "./session.ts"

/** DATA: the message is in every recipient's INBOX, or in none. */
export async function data(session: SmtpSession): Promise<void> {
  const { services } = session
  if (!(await mayBegin(session)) || !session.transaction) return
  const { transaction } = session
  services.ledger.counts.data += 1
  await reply(session, "354 End data with <CR><LF>.<CR><LF>")
  const body = await readBody(session)
  services.ledger.counts.dots += 1
  delete session.transaction
  if (body === undefined) return reply(session, "552 5.3.4 Message too big")
  const context = { sender: transaction.mailFrom }
  if (await failsAt(session, "dot", context)) return
  const id = deliver(session, transaction, body)
  if (await failsAt(session, "delivered", context)) return
  await reply(session, `250 2.0.0 Ok: queued as ${id}`)
}

async function readBody(session: SmtpSession): Promise<Buffer | undefined> {
  const { connection } = session.talk
  const fault = takeFault(session, "body")
  const due = fault?.afterBytes ?? 0
  return readUntilDot(connection, {
    maxBytes: session.services.maxMessageBytes,
    async onProgress(bytes) {
      if (!fault || bytes < due) return
      await strike(connection, fault)
      const text = await cut(connection, fault)
      if (text === undefined) return
      await replyFault(session, text)
      connection.end()
      throw new ConnectionClosed("ended in the middle of a message on purpose")
    },
  })
}

function deliver(session: SmtpSession, transaction: Transaction, body: Buffer): string {
  const { services, talk, user } = session
  const { mailFrom, recipients, parameters } = transaction
  const id = randomBytes(6).toString("hex").toUpperCase()
  const at = new Date(services.now())
  const protocol = `ESMTP${talk.connection.secure ? "S" : ""}${user === undefined ? "" : "A"}`
  const trace = {
    mailFrom,
    helo: session.helo ?? "",
    remoteAddress: talk.connection.remoteAddress,
    with: protocol,
    id,
    at,
  }
  for (const { address, mailbox } of recipients) {
    const content = createContent(traceHeaders({ ...trace, recipient: address }), body)
    services.store.ensure(mailbox).get("INBOX")?.add({ content, internalDate: at })
  }
  const content = createContent(body)
  if (services.smtp.saveSent && user !== undefined) {
    services.store
      .ensure(user)
      .get("Sent")
      ?.add({ content, internalDate: at, flags: ["\\Seen"] })
  }
  const headers = readHeaders(content)
  const messageId = headerValue(headers, "message-id")
  const postriderId = headerValue(headers, "x-postrider-id")
  services.ledger.record({
    id,
    at: at.toISOString(),
    mailFrom,
    mailParameters: parameters,
    recipients,
    size: body.length,
    sha256: createHash("sha256").update(body).digest("hex"),
    ...(user === undefined ? {} : { user }),
    ...(messageId === undefined ? {} : { messageId }),
    ...(postriderId === undefined ? {} : { postriderId }),
  })
  return id
}
