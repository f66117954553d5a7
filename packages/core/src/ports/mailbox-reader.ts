import type { ByteStream } from "./content-store.ts"
import type { MailServer, TlsFacts } from "./mail-server.ts"

/** A mail as the server lists it. IMAP: `uid`; POP3: `uidl` (absent when the server has none) and the number of this session. */
export interface ListedMail {
  /** What `fetch`, `headers` and the changes take: the UID (IMAP) or the message number of this session (POP3). */
  ref: number
  uidl?: string
  /** Octets as the server counts them (RFC822.SIZE, LIST). It may be wrong. */
  size: number
  /** INTERNALDATE, milliseconds; absent over POP3. */
  internalDate?: number
  flags?: string[]
  /** EMAILID (RFC 8474) or X-GM-MSGID. */
  emailId?: string
}

export interface ListedMailbox {
  path: string
  /** `\Sent`, `\Trash`, … (RFC 6154), or `\Inbox`. */
  specialUse: string | null
  selectable: boolean
  /** RFC 8474, where offered. */
  mailboxId: string | null
}

/** State of the selected mailbox. POP3 has one mailbox, `INBOX`, without UIDVALIDITY and UIDNEXT. */
export interface MailboxSnapshot {
  path: string
  /** As decimal text; "0" where the server gives none (mail-rules A3). Null over POP3. */
  uidValidity: string | null
  /** From SELECT, else from STATUS asked before it (mail-rules B2); null where unknown. */
  uidNext: number | null
  exists: number
  readOnly: boolean
  mailboxId: string | null
}

export type FetchedMail =
  /** `body` must be read to its end, or left, before the next one is asked for. It throws RelayError when the connection dies or the mail is cut short. */
  | { kind: "mail"; ref: number; body: ByteStream }
  /** Listed but not delivered: no row, NIL, short literal, NO (mail-rules B4). */
  | { kind: "missing"; ref: number; reason: string }
  /** Larger than the limit; only its header block (mail-rules B6). */
  | { kind: "oversize"; ref: number; headers: Uint8Array }

export interface MailboxChange {
  addFlags?: string[]
  removeFlags?: string[]
  moveTo?: string
  /** IMAP: needs UIDPLUS, else only \Deleted is set (E2). POP3: DELE, which counts once `end` answered `committed`. */
  delete?: boolean
}

/** One logged-in session. All methods throw RelayError with a `fault` (code `provider/…`) when the connection or server fails. Commands run one at a time. */
export interface MailboxSession {
  readonly protocol: "imap" | "pop3"
  readonly tls: TlsFacts | null
  readonly capabilities: readonly string[]
  /** False when the POP3 server has no UIDL (mail-rules D4); always true over IMAP. */
  readonly hasIds: boolean
  mailboxes(): Promise<ListedMailbox[]>
  /** SELECT, never EXAMINE (mail-rules B1). */
  select(path: string): Promise<MailboxSnapshot>
  /** IMAP: mails with a UID in `from`..`to` (`to` absent: to the end), ascending. POP3: all, in session order; UIDL and LIST once per session. */
  list(range?: { from: number; to?: number }): Promise<ListedMail[]>
  /** Header blocks (as octets, up to 1 MiB each) without bodies: BODY.PEEK[HEADER], or `TOP n 0`. Missing ones are left out. */
  headers(refs: readonly number[]): Promise<Map<number, Uint8Array>>
  /** Bodies in the order asked; never changes \Seen over IMAP. */
  fetch(refs: readonly number[], limits: { maxBytes: number }): AsyncIterable<FetchedMail>
  /** Whether the server still has it (`UID SEARCH UID n`; POP3: listed). */
  exists(ref: number): Promise<boolean>
  /** UIDs whose header `name` contains `value`; IMAP only. */
  searchHeader(name: string, value: string): Promise<number[]>
  change(refs: readonly number[], change: MailboxChange): Promise<void>
  /** Adds a mail to a mailbox; IMAP only. */
  append(path: string, mail: Uint8Array, options: { flags: string[]; internalDate?: number }): Promise<void>
  /** LOGOUT, or QUIT: `committed` tells whether the server confirmed (deletions over POP3 count only then). Never throws. */
  end(): Promise<{ committed: boolean }>
  /** Drops the connection at once; every pending call rejects. */
  abort(): void
}

export interface OpenOptions {
  protocol: "imap" | "pop3"
  server: MailServer
  /** Milliseconds since the epoch; the session is dropped then, whatever it does. */
  deadline: number
  signal?: AbortSignal
}

export interface MailboxReader {
  /** Connects and logs in, one mechanism, one try (mail-rules F3). @throws RelayError with a `fault`. */
  open(options: OpenOptions): Promise<MailboxSession>
}
