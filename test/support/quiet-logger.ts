import type { Logger } from "@postrider/core/ports/logger"

/** For tests that are not about the log. */
export const quietLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}
