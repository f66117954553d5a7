import type { MailboxReader } from "@postrider/core/ports/mailbox-reader"

/** One reader for both protocols. */
export function createMailboxReader(readers: { imap: MailboxReader; pop3: MailboxReader }): MailboxReader {
  return { open: (options) => readers[options.protocol].open(options) }
}
