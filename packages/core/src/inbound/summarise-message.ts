import type { InboundMessage, InboundSummary } from "./message.ts"

/** Room for the summary in a record of 100 KB. */
const maxBytes = 60_000
const maxText = 2000

/**
 * The message without its contents, small enough for a record: long lists are cut, the shorter the larger the whole is. The full
 * lists stand in `event.json`.
 */
export function summariseMessage(message: InboundMessage): InboundSummary {
  const { text: _text, text_reply: _reply, html: _html, headers: _headers, calendar: _calendar, ...rest } = message
  let summary: InboundSummary = { ...rest, subject: rest.subject?.slice(0, maxText) ?? null }
  for (let most = 100; most >= 1 && byteLength(summary) > maxBytes; most = Math.floor(most / 2))
    summary = cut(summary, most)
  return summary
}

function cut(summary: InboundSummary, most: number): InboundSummary {
  return {
    ...summary,
    to: summary.to.slice(0, most),
    cc: summary.cc.slice(0, most),
    reply_to: summary.reply_to.slice(0, most),
    references: summary.references.slice(0, most),
    delivered_to: summary.delivered_to.slice(0, most),
    attachments: summary.attachments.slice(0, most),
    flags: summary.flags.slice(0, most),
  }
}

function byteLength(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length
}
