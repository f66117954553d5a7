import { RelayError } from "@postrider/core/error/relay-error"
import type { LogFields, Logger } from "@postrider/core/ports/logger"
import pino, { type DestinationStream } from "pino"

/** Structured lines (JSON) on standard output, or to `destination`. Errors are logged with their causes, never with vendor objects. */
export function createLogger(options: { level: string; destination?: DestinationStream | undefined }): Logger {
  const settings = { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  const log = options.destination === undefined ? pino(settings) : pino(settings, options.destination)
  const line = (fields: LogFields = {}, error?: unknown) =>
    error === undefined ? fields : { ...fields, error: describeError(error) }
  return {
    debug: (event, fields) => log.debug(line(fields), event),
    info: (event, fields) => log.info(line(fields), event),
    warn: (event, fields, error) => log.warn(line(fields, error), event),
    error: (event, fields, error) => log.error(line(fields, error), event),
  }
}

interface ErrorLine {
  name: string
  message: string
  code?: string
  internal?: string
  stack?: string
  cause?: ErrorLine
}

const maxCauses = 5

function describeError(error: unknown, depth = 0): ErrorLine {
  if (!(error instanceof Error)) return { name: "Thrown", message: String(error).slice(0, 500) }
  const described: ErrorLine = { name: error.name, message: error.message.slice(0, 1000) }
  if (error instanceof RelayError) {
    described.code = error.code
    if (error.options.internal !== undefined) described.internal = error.options.internal
  } else if (error.stack !== undefined) described.stack = error.stack.split("\n").slice(1, 8).join("\n")
  if (error.cause !== undefined && depth < maxCauses) described.cause = describeError(error.cause, depth + 1)
  return described
}
