import { RelayError } from "@postrider/core/error/relay-error"
import type { MailboxChange } from "@postrider/core/ports/mailbox-reader"
import type { ImapConnection } from "./connection.ts"
import { bareFault } from "./lifetime.ts"
import { chunks, uidSet } from "./uid-set.ts"

const batchMails = 500

/** Flags, then move or delete, by UID. Nothing is expunged but these mails (mail-rules E2). */
export async function changeMails(
  connection: ImapConnection,
  uids: readonly number[],
  change: MailboxChange,
): Promise<void> {
  if (change.moveTo !== undefined && !canMove(connection)) throw cannotMove()
  for (const batch of chunks(uids, batchMails)) await changeBatch(connection, uidSet(batch), change)
}

async function changeBatch(connection: ImapConnection, set: string, change: MailboxChange): Promise<void> {
  const { client } = connection
  const silent = { uid: true, silent: true }
  const { addFlags = [], removeFlags = [], moveTo } = change
  if (addFlags.length > 0) await store(connection, () => client.messageFlagsAdd(set, addFlags, silent))
  if (removeFlags.length > 0) await store(connection, () => client.messageFlagsRemove(set, removeFlags, silent))
  if (moveTo !== undefined) await store(connection, () => client.messageMove(set, moveTo, { uid: true }))
  else if (change.delete === true) {
    // Without UIDPLUS imapflow would send a plain EXPUNGE, which removes other people's mail too.
    if (client.capabilities.has("UIDPLUS")) await store(connection, () => client.messageDelete(set, { uid: true }))
    else await store(connection, () => client.messageFlagsAdd(set, ["\\Deleted"], silent))
  }
}

/** imapflow answers a refused change with `false`. */
async function store(connection: ImapConnection, command: () => Promise<object | boolean>): Promise<void> {
  const done = await connection.run("store", command)
  if (!done) throw connection.refused("store")
}

const canMove = ({ client }: ImapConnection): boolean =>
  client.capabilities.has("MOVE") || client.capabilities.has("UIDPLUS")

function cannotMove(): RelayError {
  const fix = "the server has neither MOVE nor UIDPLUS; leave move_to out"
  const fault = { ...bareFault("protocol", "store", null), fix, misconfigured: true }
  return new RelayError("provider/refused", "The mail server cannot move mail.", { fault, fix })
}
