import { RelayError } from "../error/relay-error.ts"
import { guardedTops, type HeaderPoll } from "./guarded-tops.ts"
import { headerHash, messageKey } from "./message-key.ts"
import type { PollContext } from "./poll-context.ts"
import type { Pop3Listed } from "./pop3-state.ts"
import { topReceivedDate } from "./received-header.ts"

const maxUidlChars = 70

/** What `TOP n 0` tells of a mail. */
export interface Pop3Facts {
  hash: string
  key: string
  /** Of the topmost Received: age is judged by nothing else (mail-rules C1). */
  received: number | null
  /** The same, else of the Date header: tells mails apart. */
  date: number | null
}

/** Facts by message number; mails whose header does not come are left out. */
export async function readFacts(poll: HeaderPoll, mails: readonly Pop3Listed[]): Promise<Map<number, Pop3Facts>> {
  return factsOf(poll.ctx, guardedTops(poll, mails))
}

async function factsOf(
  ctx: PollContext,
  blocks: AsyncIterable<readonly [number, Uint8Array]> | Iterable<readonly [number, Uint8Array]>,
): Promise<Map<number, Pop3Facts>> {
  const facts = new Map<number, Pop3Facts>()
  for await (const [ref, block] of blocks) {
    const { messageId, headers, date } = await ctx.ports.parser.parseHeaders(block)
    const hash = headerHash(ctx.ports.ids, block)
    const received = topReceivedDate(headers)
    facts.set(ref, {
      hash,
      key: messageKey(ctx.ports.ids, { messageId, headerHash: hash }),
      received,
      date: received ?? date,
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
  const blocks = nameless.length === 0 ? new Map() : await ctx.session.headers(nameless.map((mail) => mail.ref))
  const facts = await factsOf(ctx, blocks)
  return listed.map((mail) => {
    return { ...mail, uidl: shortUidl(ctx, mail.uidl ?? `-${facts.get(mail.ref)?.hash ?? mail.size}`) }
  })
}

/** RFC 1939 allows 70 characters; what a server gives beyond that would not fit our records. */
function shortUidl({ ports }: PollContext, uidl: string): string {
  return uidl.length <= maxUidlChars && /^[!-~]*$/.test(uidl) ? uidl : `~${ports.ids.digest(uidl).slice(0, 32)}`
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
