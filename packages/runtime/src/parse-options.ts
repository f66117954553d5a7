import type { MimeParserOptions } from "@postrider/mail/mime/parse"

export type ParseOptions = MimeParserOptions

/** What parsing one mail may cost, whatever it holds. */
export const parseLimits: { timeoutMs: number; maxHeapMb: number; workers: number } = {
  timeoutMs: 20_000,
  maxHeapMb: 192,
  workers: 1,
}
