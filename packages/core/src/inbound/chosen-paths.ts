import { RelayError } from "../error/relay-error.ts"
import type { ListedMailbox } from "../ports/mailbox-reader.ts"
import { chooseMailboxes, type MailboxChoice } from "./choose-mailboxes.ts"
import { mailboxNames } from "./mailbox-names.ts"
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
  const listed = await ctx.session.mailboxes()
  const { mailboxes, missing } = await withRenamed(ctx, listed, chooseMailboxes(listed, wanted))
  if (missing.length > 0)
    ctx.ports.log.warn("poll.mailbox_missing", { account: ctx.account.id, missing: missing.length })
  if (mailboxes.length === 0) throw noMailbox()
  return mailboxes.map(({ path, specialUse }) => ({ path, holdsSent: sentUses.has(specialUse?.toLowerCase() ?? "") }))
}

/** What is wanted under a name that its mailbox no longer bears is found by MAILBOXID (mail-rules A8). */
async function withRenamed(
  ctx: PollContext,
  listed: readonly ListedMailbox[],
  choice: MailboxChoice,
): Promise<MailboxChoice> {
  if (choice.missing.length === 0) return choice
  const names = Object.entries(await mailboxNames(ctx))
  const found = choice.missing.flatMap((name) => {
    const ids = names.flatMap(([id, some]) => (some.includes(name) ? [id] : []))
    const mailbox = listed.find(({ mailboxId, selectable }) => selectable && ids.includes(mailboxId ?? ""))
    return mailbox === undefined ? [] : [{ name, mailbox }]
  })
  const mailboxes = new Map([...choice.mailboxes, ...found.map((one) => one.mailbox)].map((one) => [one.path, one]))
  const followed = new Set(found.map((one) => one.name))
  return { mailboxes: [...mailboxes.values()], missing: choice.missing.filter((name) => !followed.has(name)) }
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
