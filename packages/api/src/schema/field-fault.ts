import type { FieldErrorCode } from "@postrider/core/error/codes"

const mark = "\u0000"

/** Message of a valibot check that carries the code of `errors[]` beside the reason. */
export function fieldFault(code: FieldErrorCode, reason: string): string {
  return `${code}${mark}${reason}`
}

/** The code and reason of such a message; undefined for valibot's own. */
export function readFieldFault(message: string): { code: FieldErrorCode; reason: string } | undefined {
  const at = message.indexOf(mark)
  // Valibot's own messages quote the caller, who may have written a mark: they begin with a sentence, never with a code.
  if (at === -1 || !/^[a-z0-9_]+$/.test(message.slice(0, at))) return undefined
  return { code: message.slice(0, at) as FieldErrorCode, reason: message.slice(at + 1) }
}
