import { RelayError } from "../error/relay-error.ts"
import type { ListedMail } from "../ports/mailbox-reader.ts"
import { headerHash, messageKey } from "./message-key.ts"
import type { PollContext } from "./poll-context.ts"
import type { Pop3Listed } from "./pop3-state.ts"
import { topReceivedDate } from "./received-header.ts"

/** What `TOP n 0` tells of a mail. */
export interface Pop3Facts {
  hash: string
  key: string
  /** Of the topmost Received, else of the Date header. */
  date: number | null
}

/** Facts by message number; mails whose header does not come are left out. */
export async function readFacts(ctx: PollContext, mails: readonly ListedMail[]): Promise<Map<number, Pop3Facts>> {
  const facts = new Map<number, Pop3Facts>()
  if (mails.length === 0) return facts
  for (const [ref, block] of await ctx.session.headers(mails.map((mail) => mail.ref))) {
    const { messageId, headers, date } = await ctx.ports.parser.parseHeaders(block)
    const hash = headerHash(ctx.ports.ids, block)
    facts.set(ref, {
      hash,
      key: messageKey(ctx.ports.ids, { messageId, headerHash: hash }),
      date: topReceivedDate(headers) ?? date,
    })
  }
  return facts
}

/**
 * The listing with a UIDL for each mail. Without UIDL on the server a mail is known by its header block, which is safe only where it
 * is deleted once stored. @throws RelayError with a fault, `misconfigured`, for any other policy (mail-rules D4).
 */
export async function listMaildrop(ctx: PollContext, deletesAtOnce: boolean): Promise<Pop3Listed[]> {
  if (!ctx.session.hasIds && !deletesAtOnce) throw noUidl()
  const listed = await ctx.session.list()
  const nameless = listed.filter((mail) => mail.uidl === undefined)
  const facts = await readFacts(ctx, nameless)
  return listed.map((mail) => ({ ...mail, uidl: mail.uidl ?? `-${facts.get(mail.ref)?.hash ?? mail.size}` }))
}

function noUidl(): RelayError {
  const fix = 'The server has no UIDL: set `pop3.delete` to "after_store", or use IMAP.'
  return new RelayError("provider/refused", "The server does not tell mails apart.", {
    fix,
    fault: {
      class: "protocol",
      stage: "list",
      code: "UIDL",
      enhancedCode: null,
      response: null,
      fix,
      misconfigured: true,
    },
  })
}
