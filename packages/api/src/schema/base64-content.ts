import { createHash } from "node:crypto"
import type { SendContent } from "@postrider/core/outbound/send-input"
import * as v from "valibot"
import { fieldFault } from "./field-fault.ts"

/** Characters decoded at a time: whole groups of four. */
const step = 64 * 1024

/** Base64 (RFC 4648 section 4): with padding, without line breaks, canonical. Becomes content that is decoded as it is read. */
export const base64Content = v.pipe(
  v.string(),
  v.check(isBase64, fieldFault("invalid_base64", "is not base64 with padding and without line breaks")),
  v.transform(contentOf),
  v.metadata({ description: "Base64.", contentEncoding: "base64" }),
)

function isBase64(text: string): boolean {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return false
  // Bits that no octet uses must be zero, else two texts would stand for the same bytes.
  const last = text.slice(-4)
  return Buffer.from(last, "base64").toString("base64") === last
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
