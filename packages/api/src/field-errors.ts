import type { FieldErrorCode } from "@postrider/core/error/codes"
import type * as v from "valibot"
import { readFieldFault } from "./schema/field-fault.ts"

type Issue = v.BaseIssue<unknown>

export interface PathedError {
  path: (string | number)[]
  code: FieldErrorCode
  detail: string
}

/** What valibot found, in the words of `errors[]`: the field, what is wrong with it, and what would be right. */
export function fieldErrors(issues: readonly Issue[]): PathedError[] {
  return issues.flatMap((issue) => fromIssue(issue, []))
}

function fromIssue(issue: Issue, above: (string | number)[]): PathedError[] {
  const path = [
    ...above,
    ...(issue.path ?? []).map((item) => (typeof item.key === "number" ? item.key : String(item.key))),
  ]
  const nested = issue.type === "union" || issue.type === "variant" ? closest(issue.issues ?? []) : []
  if (nested.length > 0) return nested.flatMap((inner) => fromIssue(inner, path))
  const own = readFieldFault(issue.message)
  const { code, reason } = own ?? translate(issue)
  return [{ path, code, detail: `${path.length === 0 ? "The request" : path.join(".")} ${reason}.` }]
}

/** Of the alternatives of a union, the faults inside the one the caller came closest to: those that lie deepest. */
function closest(issues: readonly Issue[]): readonly Issue[] {
  return issues.filter((issue) => (issue.path?.length ?? 0) > 0 || readFieldFault(issue.message) !== undefined)
}

function translate(issue: Issue): { code: FieldErrorCode; reason: string } {
  if (issue.kind === "validation") return translateCheck(issue)
  if (issue.type === "strict_object" && issue.expected === "never") {
    return { code: "unknown_field", reason: "is not a field known here; remove it" }
  }
  if (issue.input === undefined) return { code: "required", reason: "is required" }
  if (
    issue.type === "picklist" ||
    issue.type === "literal" ||
    (issue.type === "union" && issue.expected?.includes('"'))
  ) {
    return { code: "not_in_list", reason: `must be one of ${listOf(issue.expected)}` }
  }
  return { code: "wrong_type", reason: `must be ${typeName(issue.expected)}` }
}

const lengthChecks: Record<string, "too_short" | "too_long"> = {
  min_length: "too_short",
  non_empty: "too_short",
  min_entries: "too_short",
  max_length: "too_long",
  max_entries: "too_long",
  max_bytes: "too_long",
  length: "too_long",
}

function translateCheck(issue: Issue): { code: FieldErrorCode; reason: string } {
  const { type, requirement } = issue
  const length = lengthChecks[type]
  if (length !== undefined) {
    const items = Array.isArray(issue.input) || type.endsWith("entries")
    const unit = items ? "entries" : "characters"
    if (length === "too_short") return { code: "too_short", reason: `must have at least ${requirement ?? 1} ${unit}` }
    return { code: items ? "too_many" : "too_long", reason: `must have at most ${requirement} ${unit}` }
  }
  if (type === "min_value") return { code: "out_of_range", reason: `must be at least ${requirement}` }
  if (type === "max_value") return { code: "out_of_range", reason: `must be at most ${requirement}` }
  if (type === "integer") return { code: "wrong_type", reason: "must be a whole number" }
  return { code: "invalid_format", reason: "does not have the right form" }
}

function listOf(expected: string | null): string {
  return (expected ?? "")
    .replace(/^\(|\)$/g, "")
    .replaceAll(" | ", ", ")
    .replaceAll('"', "")
}

function typeName(expected: string | null): string {
  const names: Record<string, string> = {
    string: "a text",
    number: "a number",
    boolean: "true or false",
    Object: "an object",
    Array: "an array",
    null: "null",
    undefined: "absent",
  }
  const parts = (expected ?? "").replace(/^\(|\)$/g, "").split(" | ")
  return [...new Set(parts.map((part) => names[part] ?? part))].join(" or ")
}
