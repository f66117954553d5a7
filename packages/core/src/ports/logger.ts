export type LogFields = Record<string, string | number | boolean | null | undefined>

/** Structured log lines. Fields never hold mail content or secrets. `error` is logged with its cause chain. */
export interface Logger {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields, error?: unknown): void
  error(event: string, fields?: LogFields, error?: unknown): void
}
