import type { Category } from "./message.ts"

/** What a reply of a mail server means for one recipient. The first row that matches decides. */
export interface ReplyRow {
  /** Says which rule the row is. */
  name: string
  /** Beginning of the reply code: `4`, `55`, `452`. Any of them. */
  codes: string[]
  /** Of the enhanced code; `null`: only where there is none. */
  enhanced?: RegExp | null
  text?: RegExp
  /** The text quotes the address of MAIL FROM, or matches `text`: one is enough. */
  orQuotesSender?: true
  /** Permanent or not where the first digit does not say it. */
  outcome?: "rejected" | "deferred"
  category: Category
  advice?: string
  /** The address is dead (mail-rules I5). Only where it answered RCPT of that recipient. */
  suppress?: true
  /** It is about us or our settings, never about the recipient (mail-rules I3). */
  routeProblem?: true
  /** The route's sending quota is used up (mail-rules I4). */
  quota?: true
  /** Recipients refused so go at once in a transaction of their own (mail-rules H4). */
  splitRest?: true
}

const quotaAdvice = "The provider's sending quota is used up; the mail waits. Spread sending, or add another route."
const senderAdvice = "The server does not let this login send as this sender. Check username, from and return_path."
const fullAdvice = "The mailbox is full; the recipient has to make room."

/** mail.md C1 with mail-rules I3 to I6. Texts are matched here and nowhere else. */
export const replyTable: ReplyRow[] = [
  // Session.
  {
    name: "too many recipients, 452 4.5.3",
    codes: ["452"],
    enhanced: /^4\.5\.3$/,
    category: "rate_limited",
    splitRest: true,
  },
  {
    name: "too many recipients, by text",
    codes: ["4"],
    text: /too many recipients/i,
    category: "rate_limited",
    splitRest: true,
  },
  {
    name: "too many recipients, 552 (RFC 5321 section 4.5.3.1.10)",
    codes: ["552"],
    text: /too many recipients/i,
    outcome: "deferred",
    category: "rate_limited",
    splitRest: true,
  },
  { name: "bad sequence", codes: ["503"], outcome: "deferred", category: "server_error" },
  { name: "concurrent connections", codes: ["432"], category: "rate_limited" },

  // I4: quotas of the sending account, answered for good by some.
  {
    name: "Gmail quota",
    codes: ["550", "552"],
    enhanced: /^5\.4\.5$/,
    text: /limit|quota/i,
    outcome: "deferred",
    category: "rate_limited",
    advice: quotaAdvice,
    routeProblem: true,
    quota: true,
  },
  {
    name: "Microsoft quota",
    codes: ["55"],
    enhanced: /^5\.7\.(?:233|705)$/,
    outcome: "deferred",
    category: "rate_limited",
    advice: quotaAdvice,
    routeProblem: true,
    quota: true,
  },
  {
    name: "iCloud quota",
    codes: ["550"],
    enhanced: /^5\.7\.1$/,
    text: /exceeded your daily sending limit/i,
    outcome: "deferred",
    category: "rate_limited",
    advice: quotaAdvice,
    routeProblem: true,
    quota: true,
  },

  // The host we send from.
  {
    name: "blocklist",
    codes: ["5"],
    text: /\b(?:spamhaus|spamcop|barracudacentral|sorbs|blocklist|blacklist|dnsbl|rbl)\b|blocked using|block list/i,
    category: "blocklisted",
    advice:
      "The address this route sends from stands on a block list. Ask the list to remove it, or use another route.",
    routeProblem: true,
  },
  {
    name: "blocklist for now",
    codes: ["4"],
    text: /\b(?:spamhaus|spamcop|barracudacentral|sorbs|blocklist|blacklist|dnsbl|rbl)\b|blocked using|block list/i,
    category: "blocklisted",
    advice:
      "The address this route sends from stands on a block list. Ask the list to remove it, or use another route.",
    routeProblem: true,
  },

  // I3: about us.
  { name: "login required", codes: ["530"], category: "sender", advice: senderAdvice, routeProblem: true },
  { name: "login refused", codes: ["535"], category: "sender", advice: senderAdvice, routeProblem: true },
  {
    name: "send as",
    codes: ["5"],
    enhanced: /^5\.7\.60$/,
    category: "sender",
    advice: senderAdvice,
    routeProblem: true,
  },
  {
    name: "bad sender",
    codes: ["5"],
    enhanced: /^5\.1\.[78]$/,
    category: "sender",
    advice: senderAdvice,
    routeProblem: true,
  },
  {
    name: "SendAsDenied",
    codes: ["5"],
    enhanced: /^5\.2\.(?:0|252)$/,
    text: /SendAsDenied/i,
    category: "sender",
    advice: senderAdvice,
    routeProblem: true,
  },
  {
    name: "sender, relay or authentication",
    codes: ["550", "553", "554"],
    enhanced: /^5\.7\.[01]$/,
    text: /sender|relay|authenticat/i,
    orQuotesSender: true,
    category: "sender",
    advice: senderAdvice,
    routeProblem: true,
  },
  {
    name: "relaying, without enhanced code",
    codes: ["55"],
    enhanced: null,
    text: /\brelay/i,
    category: "relay_denied",
    advice: "The server does not relay for this login. Check username, security and port of the route.",
    routeProblem: true,
  },
  {
    name: "relaying, for now",
    codes: ["45"],
    text: /\brelay/i,
    category: "relay_denied",
    advice: "The server does not relay for this login. Check username, security and port of the route.",
    routeProblem: true,
  },

  // I5: the recipient is gone.
  { name: "no such mailbox", codes: ["5"], enhanced: /^5\.1\.(?:1|6|10)$/, category: "unknown_user", suppress: true },
  { name: "no such domain", codes: ["5"], enhanced: /^5\.1\.2$/, category: "unknown_user", suppress: true },
  { name: "bad address", codes: ["5"], enhanced: /^5\.1\.3$/, category: "invalid_address", suppress: true },
  { name: "mailbox disabled", codes: ["5"], enhanced: /^5\.2\.1$/, category: "mailbox_disabled", suppress: true },

  // Size and space.
  { name: "mailbox full", codes: ["5"], enhanced: /^5\.2\.2$/, category: "mailbox_full", advice: fullAdvice },
  { name: "mailbox full for now", codes: ["4"], enhanced: /^4\.2\.2$/, category: "mailbox_full", advice: fullAdvice },
  {
    name: "too large",
    codes: ["5"],
    enhanced: /^5\.(?:3\.4|2\.3)$/,
    category: "too_large",
    advice: "Send less, or a link.",
  },
  {
    name: "too large, by text",
    codes: ["552"],
    enhanced: null,
    text: /size|large|big/i,
    category: "too_large",
    advice: "Send less, or a link.",
  },
  {
    name: "no space, without enhanced code",
    codes: ["552"],
    enhanced: null,
    category: "mailbox_full",
    advice: fullAdvice,
  },

  // What was sent.
  { name: "virus", codes: ["5"], text: /\b(?:virus|malware|infected)\b/i, category: "virus" },
  { name: "spam", codes: ["5"], text: /\bspam\b|unsolicited|\bUBE\b|\bbulk mail\b/i, category: "spam" },
  {
    name: "authentication of the mail",
    codes: ["5"],
    enhanced: /^5\.7\.(?:2[0-9]|3[0-2])$/,
    category: "policy",
    advice: "SPF, DKIM or DMARC of the From domain do not cover this route.",
  },
  { name: "policy", codes: ["5"], enhanced: /^5\.7\.\d+$/, category: "policy" },
  { name: "content", codes: ["5"], enhanced: /^5\.6\.\d+$/, category: "content" },
  {
    name: "content refused, 554 5.5.x as Exim and qmail say it",
    codes: ["554"],
    enhanced: /^5\.5\.\d+$/,
    category: "content",
  },

  // Later.
  { name: "greylisting", codes: ["4"], text: /gr[ae]y-?\s?list/i, category: "greylisted" },
  {
    name: "rate",
    codes: ["4"],
    text: /\brate\b|too many|too much|too fast|limit|throttl|quota/i,
    category: "rate_limited",
  },
  { name: "unknown sender for now", codes: ["450", "451"], enhanced: /^4\.7\.1$/, category: "greylisted" },
  { name: "rate, Gmail", codes: ["4"], enhanced: /^4\.7\.(?:0|28)$/, category: "rate_limited" },
  { name: "policy for now", codes: ["4"], enhanced: /^4\.7\.\d+$/, category: "policy" },
  { name: "mailbox unavailable for now", codes: ["4"], enhanced: /^4\.2\.1$/, category: "mailbox_disabled" },
  { name: "unknown user for now", codes: ["4"], enhanced: /^4\.1\.[12]$/, category: "unknown_user" },
  { name: "routing for now", codes: ["4"], enhanced: /^4\.4\.\d+$/, category: "routing" },
  { name: "server closing", codes: ["421"], category: "server_error" },
  { name: "server trouble", codes: ["4"], enhanced: /^4\.3\.\d+$/, category: "server_error" },
  {
    name: "server trouble, without enhanced code",
    codes: ["451", "452", "454", "455"],
    enhanced: null,
    category: "server_error",
  },

  // For good, without suppression.
  { name: "server trouble for good", codes: ["5"], enhanced: /^5\.3\.\d+$/, category: "server_error" },
  { name: "routing", codes: ["5"], enhanced: /^5\.4\.\d+$/, category: "routing" },
  { name: "no mail here (RFC 7504)", codes: ["521", "556"], category: "routing" },
  { name: "address", codes: ["5"], enhanced: /^5\.1\.\d+$/, category: "invalid_address" },
  {
    name: "unknown user, by text",
    codes: ["55"],
    text: /(?:user|mailbox|recipient|account|address)\b.{0,40}\b(?:unknown|unavailable|not found|does(?: not|n't) exist|invalid)|(?:unknown|no such|invalid) (?:user|mailbox|recipient|account)/i,
    category: "unknown_user",
  },
  { name: "mailbox name", codes: ["553"], enhanced: null, category: "invalid_address" },
  { name: "syntax or command", codes: ["50"], category: "server_error" },

  // I6: by the first digit.
  { name: "other, for now", codes: ["4"], category: "unknown" },
  { name: "other, for good", codes: ["5"], category: "unknown" },
]
