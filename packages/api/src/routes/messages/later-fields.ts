import { type FieldError, RelayError } from "@postrider/core/error/relay-error"

/**
 * Fields of the contract that nothing acts on yet, with the values that mean "not used". They are refused rather than ignored;
 * whoever makes one work deletes its row and names the field in `send-schema.ts`.
 */
const laterFields: Record<string, readonly unknown[]> = {
  template: [],
  reference: [],
  scheduled_at: [],
  window: [],
  calendar: [],
  unsubscribe: [],
  dsn: [],
  raw: [],
  sent_copy: ["auto"],
  allow_loop: [false],
  ignore_suppressions: [false],
}
const laterAttachmentFields = ["upload", "message", "index"]

/** The body without unused later fields. @throws RelayError `unsupported` naming those that are used. */
export function refuseLater(body: unknown): unknown {
  if (!isObject(body)) return body
  const errors = [...laterFaults(body), ...attachmentFaults(body.attachments)]
  if (errors.length > 0) {
    throw new RelayError("unsupported", errors.map(({ detail }) => detail).join(" "), {
      errors,
      fix: "Leave the named fields out.",
    })
  }
  return Object.fromEntries(Object.entries(body).filter(([name]) => !Object.hasOwn(laterFields, name)))
}

function laterFaults(body: Record<string, unknown>): FieldError[] {
  return Object.entries(laterFields).flatMap(([name, unused]) => {
    const value = body[name]
    return value === undefined || value === null || unused.includes(value) ? [] : [fault(`/${name}`, name)]
  })
}

function attachmentFaults(attachments: unknown): FieldError[] {
  if (!Array.isArray(attachments)) return []
  return attachments.flatMap((attachment: unknown, at) => {
    if (!isObject(attachment)) return []
    const used = laterAttachmentFields.find((name) => attachment[name] !== undefined)
    return used === undefined ? [] : [fault(`/attachments/${at}/${used}`, `attachments.${at}.${used}`)]
  })
}

function fault(pointer: string, name: string): FieldError {
  return { pointer, code: "unsupported", detail: `${name} is not supported by this version.` }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}
