import { RelayError } from "../error/relay-error.ts"
import { chooseMailboxes } from "./choose-mailboxes.ts"
import type { PollContext } from "./poll-context.ts"

export interface ChosenMailbox {
  path: string
  /** \Sent or \All, where our own mail lies too (mail-rules A9). */
  holdsSent: boolean
}

const sentUses = new Set(["\\sent", "\\all"])

/**
 * The mailboxes that the account names, as the server has them. INBOX alone needs no listing.
 * @throws RelayError with a fault, `misconfigured`, when the server has none of them.
 */
export async function chosenMailboxes(ctx: PollContext, wanted: readonly string[]): Promise<ChosenMailbox[]> {
  if (wanted.every((name) => name.toUpperCase() === "INBOX")) return [{ path: "INBOX", holdsSent: false }]
  const { mailboxes, missing } = chooseMailboxes(await ctx.session.mailboxes(), wanted)
  if (missing.length > 0)
    ctx.ports.log.warn("poll.mailbox_missing", { account: ctx.account.id, missing: missing.length })
  if (mailboxes.length === 0) throw noMailbox()
  return mailboxes.map(({ path, specialUse }) => ({ path, holdsSent: sentUses.has(specialUse?.toLowerCase() ?? "") }))
}

function noMailbox(): RelayError {
  const fix = "Correct `imap.mailboxes` of the account; `GET /v1/accounts/{id}/mailboxes` lists what there is."
  return new RelayError("provider/refused", "The server has none of the account's mailboxes.", {
    fix,
    fault: {
      class: "protocol",
      stage: "select",
      code: "NONEXISTENT",
      enhancedCode: null,
      response: null,
      fix,
      misconfigured: true,
    },
  })
}
