import { createHash } from "node:crypto"
import type { SendContent } from "@postrider/core/outbound/send-input"
import * as v from "valibot"
import { LiftedContent } from "../body/lifted-content.ts"
import { fieldFault } from "./field-fault.ts"
import { isBase64 } from "./is-base64.ts"

/** Characters decoded at a time: whole groups of four. */
const step = 64 * 1024

const text = v.pipe(
  v.string(),
  v.check(isBase64, fieldFault("invalid_base64", "is not base64 with padding and without line breaks")),
  v.transform(contentOf),
  v.metadata({ description: "Base64.", contentEncoding: "base64" }),
)

/** Base64 as `isBase64` tells it. Becomes content that is decoded as it is read. */
export const base64Content = takeLifted(text)

/** A long text was taken out of the body and read before; a short text that is no base64 speaks for one that was none. */
function takeLifted<S extends v.GenericSchema<unknown, SendContent>>(schema: S): S {
  const run = schema["~run"]
  const liftedRun: typeof run = (dataset, config) => {
    const { value } = dataset
    if (!(value instanceof LiftedContent)) return run.call(schema, dataset, config)
    if (value.content === null) return run.call(schema, { ...dataset, value: "-" }, config)
    return { typed: true, value: value.content }
  }
  return Object.assign(schema, { "~run": liftedRun })
}

function contentOf(text: string): SendContent {
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0
  const hash = createHash("sha256")
  for (const chunk of decode(text)) hash.update(chunk)
  return {
    size: (text.length / 4) * 3 - padding,
    sha256: hash.digest("hex"),
    body: async function* () {
      yield* decode(text)
    },
  }
}

function* decode(text: string): Generator<Uint8Array> {
  for (let at = 0; at < text.length; at += step) yield Buffer.from(text.slice(at, at + step), "base64")
}
