import assert from "node:assert/strict"
import { RelayError } from "@postrider/core/error/relay-error"
import type { MailFault } from "@postrider/core/ports/mail-fault"
import type { MailServer } from "@postrider/core/ports/mail-server"
import type { FetchedMail, MailboxReader, MailboxSession } from "@postrider/core/ports/mailbox-reader"

/** A mail server with an empty mailbox, and a reader to be judged. The reader runs on the machine's clock. */
export interface ReaderHarness {
  protocol: "imap" | "pop3"
  reader: MailboxReader
  /** The way to the mailbox; right credentials. */
  server: MailServer
  /** Adds a mail as any delivery does; the server keeps the octets as they are. */
  deliver(raw: Uint8Array, options?: { internalDate?: number; flags?: readonly string[] }): Promise<void>
  /** Removes the mail delivered as number `index` (from 0) for good, whoever is looking. Absent where a session would not notice. */
  remove?(index: number): Promise<void>
  /** Flags of all mails, in order of delivery, without \Recent. Absent where there are none. */
  flags?(): Promise<string[][]>
}

export interface ReaderCase {
  /** The guarantee. */
  name: string
  protocols: readonly ("imap" | "pop3")[]
  needs?: readonly ("remove" | "flags")[]
  /** Rejects when the guarantee does not hold. */
  run(harness: ReaderHarness): Promise<void>
}

export const both = ["imap", "pop3"] as const
export const imapOnly = ["imap"] as const
export const generous = { maxBytes: 64 * 1024 * 1024 }

/** Milliseconds that a case may take with a server that answers. */
const sessionMs = 15_000

export interface OpenChanges {
  server?: Partial<MailServer>
  deadlineMs?: number
  signal?: AbortSignal
}

export const open = (harness: ReaderHarness, changes: OpenChanges = {}): Promise<MailboxSession> =>
  harness.reader.open({
    protocol: harness.protocol,
    server: { ...harness.server, ...changes.server },
    deadline: Date.now() + (changes.deadlineMs ?? sessionMs),
    ...(changes.signal === undefined ? {} : { signal: changes.signal }),
  })

/** Opens, selects INBOX, and ends the session whatever happens. */
export async function withInbox<T>(
  harness: ReaderHarness,
  work: (session: MailboxSession) => Promise<T>,
  changes: OpenChanges = {},
): Promise<T> {
  const session = await open(harness, changes)
  try {
    await session.select("INBOX")
    return await work(session)
  } finally {
    await session.end()
  }
}

export async function refs(session: MailboxSession): Promise<number[]> {
  return (await session.list()).map((mail) => mail.ref)
}

export async function octets(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  return Buffer.concat(pieces)
}

export type ReadMail = { kind: FetchedMail["kind"]; ref: number; octets: Buffer }

/** Everything that `fetch` gives, bodies read to their end. */
export async function readAll(
  session: MailboxSession,
  wanted: readonly number[],
  limits = generous,
): Promise<ReadMail[]> {
  const found: ReadMail[] = []
  for await (const mail of session.fetch(wanted, limits)) {
    if (mail.kind === "mail") found.push({ kind: mail.kind, ref: mail.ref, octets: await octets(mail.body) })
    else if (mail.kind === "oversize") found.push({ kind: mail.kind, ref: mail.ref, octets: Buffer.from(mail.headers) })
    else found.push({ kind: mail.kind, ref: mail.ref, octets: Buffer.alloc(0) })
  }
  return found
}

/** The fault that `work` fails with; anything else fails the case, also taking longer than `withinMs`. */
export async function faultOf(work: Promise<unknown>, withinMs = 10_000): Promise<MailFault> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), withinMs)
  })
  try {
    const outcome = await Promise.race([work, late])
    assert.notEqual(outcome, "late", `nothing happened in ${withinMs} ms`)
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error
    assert.ok(error instanceof RelayError, `not a RelayError: ${error}`)
    assert.ok(error.options.fault !== undefined, `a RelayError without a fault: ${error.code}`)
    return error.options.fault
  } finally {
    clearTimeout(timer)
  }
  return assert.fail("it succeeded")
}

/** A mail with CRLF line ends; `body` is taken as it is. */
export const mail = (subject: string, body: string | Buffer = "Hello.\r\n"): Buffer =>
  Buffer.concat([
    Buffer.from(
      `From: ann@sender.test\r\nTo: alice@reader.test\r\nSubject: ${subject}\r\nMessage-ID: <${subject}@sender.test>\r\n\r\n`,
    ),
    Buffer.from(body),
  ])

/** `size` octets of text in lines of 76. */
export const text = (size: number): Buffer =>
  Buffer.alloc(size - (size % 78), `${"0123456789abcdef".repeat(4)}0123456789ab\r\n`)
