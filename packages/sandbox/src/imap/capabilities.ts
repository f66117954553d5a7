import { type ImapSession, offers } from "./session.ts"

const always = ["LITERAL+", "SASL-IR", "ID", "ENABLE", "IDLE", "NAMESPACE", "CHILDREN", "UNSELECT"]
const mailbox = ["UIDPLUS", "MOVE", "SPECIAL-USE", "LIST-EXTENDED", "LIST-STATUS", "OBJECTID"]
const mechanisms = ["AUTH=PLAIN", "AUTH=XOAUTH2"]

/** What CAPABILITY and the greeting tell, without what is withheld just now. */
export function capabilities(session: ImapSession): string[] {
  const early = session.user === undefined ? [...mechanisms, "STARTTLS"] : []
  const offered = [...always, ...early, ...mailbox].filter((name) => offers(session, name))
  return ["IMAP4rev1", ...offered, ...session.services.faults.announced("imap")]
}
