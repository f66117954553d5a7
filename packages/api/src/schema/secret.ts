import * as v from "valibot"
import { fieldFault } from "./field-fault.ts"

/** What a form sends back when it shows a secret as dots or stars. */
const masked = /^[*•●∙·.]{3,}$|^[[<(](?:redacted|hidden|masked|secret|set)[\])>]$/iu

/** A write-only secret: a text stores it, null removes it, absent keeps it; a masked one is refused. */
export const secret = (max: number) =>
  v.nullable(
    v.pipe(
      v.string(),
      v.minLength(1),
      v.maxLength(max),
      v.check(
        (text) => !masked.test(text),
        fieldFault("masked_secret", "is a masked value; leave it out to keep the stored one"),
      ),
      v.check((text) => !text.includes("\u0000"), fieldFault("control_character", "must not contain NUL")),
      v.metadata({ description: "Write-only.", writeOnly: true }),
    ),
  )
