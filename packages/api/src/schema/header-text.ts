import { checkHeaderName, checkHeaderValue, isMessageId } from "@postrider/core/outbound/header-rules"
import * as v from "valibot"
import { fieldFault } from "./field-fault.ts"

/** The value of a header, or a text that ends up in one (mail-rules G1). */
export const headerValue = v.pipe(
  v.string(),
  v.rawCheck<string>(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const check = checkHeaderValue(dataset.value)
    if (!check.ok) addIssue({ message: fieldFault(check.code, `is not possible: ${check.reason}`) })
  }),
)

/** The name of a header that a caller may set (mail-rules G5). */
export const headerName = v.pipe(
  v.string(),
  v.rawCheck<string>(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    const check = checkHeaderName(dataset.value)
    if (!check.ok) addIssue({ message: fieldFault(check.code, `is not possible: ${check.reason}`) })
  }),
)

export const messageId = v.pipe(
  v.string(),
  v.check(isMessageId, fieldFault("invalid_format", "must be one msg-id in angle brackets, such as <a@b.test>")),
)
