import type { OutboundStatus, Recipient } from "./message.ts"

/**
 * Status of a message from its recipients, once none is queued or deferred: the first that fits of any complained, any bounced,
 * any delivery_unknown, all delivered, all sent or delivered, some of them, all cancelled, else failed. Suppressed ones count
 * only if all are.
 */
export function settleStatus(recipients: readonly Recipient[]): OutboundStatus {
  const counted = recipients.filter((r) => r.status !== "suppressed")
  const any = (status: string): boolean => counted.some((r) => r.status === status)
  const all = (...statuses: string[]): boolean =>
    counted.length > 0 && counted.every((r) => statuses.includes(r.status))
  if (any("complained")) return "complained"
  if (any("bounced")) return "bounced"
  if (any("delivery_unknown")) return "delivery_unknown"
  if (all("delivered")) return "delivered"
  if (all("sent", "delivered")) return "sent"
  if (any("sent") || any("delivered")) return "partially_sent"
  if (all("cancelled")) return "cancelled"
  return "failed"
}
