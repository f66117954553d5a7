import { invalidJson, parseJson, parseParts } from "../parse-json.ts"
import type { JsonPath } from "../scan-json.ts"
import { type LiftedText, liftTexts } from "./lift-texts.ts"
import { type LiftedContent, liftedContent } from "./lifted-content.ts"
import { maxHeldBytes, type RequestBody } from "./request-body.ts"

/**
 * A body as JSON. Of a large one the long texts at `contentAt` (JSON Pointers, `*` for any key) become LiftedContent, which base64 fields take
 * in place of a text. @throws RelayError `invalid_json`.
 */
export async function readJson(body: RequestBody, contentAt: readonly string[]): Promise<unknown> {
  if (body.size <= maxHeldBytes || contentAt.length === 0) return parseJson(await collect(body.read()))
  const { parts, lifted } = await liftTexts(body)
  const { value, paths } = parseParts(parts)
  const holder = { value }
  for (const [index, text] of lifted.entries()) {
    const path = paths[index]
    if (path === undefined) throw invalidJson("The body is not valid JSON.")
    const wanted = contentAt.some((pattern) => matches(pattern, path))
    put(holder, path, wanted ? await contentOf(body, text) : await textOf(body, text))
  }
  return holder.value
}

const contentOf = (body: RequestBody, { start, end }: LiftedText): Promise<LiftedContent> =>
  liftedContent(() => body.read({ start, end }))

async function textOf(body: RequestBody, { start, end }: LiftedText): Promise<unknown> {
  return parseJson(await collect(body.read({ start: start - 1, end: end + 1 })))
}

function matches(pattern: string, path: JsonPath): boolean {
  const keys = pattern.slice(1).split("/")
  return keys.length === path.length && keys.every((key, at) => key === "*" || key === String(path[at]))
}

/** Puts a value to where the scan met it; members of every object are refused by then. */
function put(holder: { value: unknown }, path: JsonPath, value: unknown): void {
  const [last, ...above] = ["value", ...path].reverse()
  let place: unknown = holder
  for (const key of above.reverse()) place = (place as Record<string | number, unknown>)[key]
  if (last !== undefined) (place as Record<string | number, unknown>)[last] = value
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}
