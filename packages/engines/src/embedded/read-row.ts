import type { SQLOutputValue } from "node:sqlite"
import { RelayError } from "@postrider/core/error/relay-error"

export type Row = Record<string, SQLOutputValue>

/** A column that the schema declares as text. */
export function textOf(row: Row, column: string): string {
  const value = row[column]
  if (typeof value === "string") return value
  throw unexpected(column, value)
}

/** A column that the schema declares as integer; counts and times stay far below 2^53. */
export function numberOf(row: Row, column: string): number {
  const value = row[column]
  if (typeof value === "number") return value
  throw unexpected(column, value)
}

export function optionalNumberOf(row: Row, column: string): number | undefined {
  return row[column] === null ? undefined : numberOf(row, column)
}

export function optionalTextOf(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : textOf(row, column)
}

function unexpected(column: string, value: SQLOutputValue | undefined): RelayError {
  return new RelayError("internal", "The store failed.", { internal: `column ${column} holds ${typeof value}` })
}
