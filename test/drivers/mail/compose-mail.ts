import type { ComposedAttachment, MailToCompose } from "@postrider/core/ports/mime"

export const mail = (changes: Partial<MailToCompose> = {}): MailToCompose => ({
  messageId: "<out_1@acme.test>",
  date: Date.UTC(2026, 10, 22, 9, 5, 7),
  boundarySeed: "out_1",
  from: { name: "Ann", address: "ann@acme.test" },
  to: [{ name: null, address: "bob@example.test" }],
  cc: [],
  replyTo: [],
  subject: "Hello",
  text: "Hi Bob\n",
  html: null,
  headers: [],
  inReplyTo: null,
  references: [],
  attachments: [],
  ...changes,
})

/** Content in chunks of `chunk` octets, as a store gives it. */
export function attachment(
  content: Uint8Array,
  changes: Partial<ComposedAttachment> = {},
  chunk = 1000,
): ComposedAttachment {
  return {
    filename: "a.bin",
    contentType: "application/octet-stream",
    disposition: "attachment",
    contentId: null,
    size: content.length,
    async *body() {
      for (let at = 0; at < content.length; at += chunk) yield content.subarray(at, at + chunk)
    },
    ...changes,
  }
}

export async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}
