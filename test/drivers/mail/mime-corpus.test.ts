import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { createMimeParser } from "@postrider/mail/mime/parse"
import { afterAll, describe, expect, it } from "vitest"

const folder = process.env.POSTRIDER_CORPORA
const limitMs = 2000
const parser = createMimeParser({ maxBytes: 64 * 1024 * 1024, timeoutMs: 10_000, maxHeapMb: 256, workers: 1 })
afterAll(() => parser.close())

async function* octets(bytes: Uint8Array) {
  yield bytes
}

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

describe("real mails", () => {
  it.skipIf(folder === undefined)(
    `every file of the corpora is parsed within ${limitMs} ms and none is failed (skipped without POSTRIDER_CORPORA)`,
    { timeout: 120_000 },
    async () => {
      const files = filesBelow(folder ?? "")
      expect(files.length).toBeGreaterThan(0)
      const slow: string[] = []
      const failed: string[] = []
      for (const file of files) {
        const started = performance.now()
        const mail = await parser.parse(octets(readFileSync(file)))
        if (performance.now() - started > limitMs) slow.push(file)
        if (mail.status === "failed") failed.push(`${file}: ${mail.defects}`)
      }
      expect(slow).toEqual([])
      expect(failed).toEqual([])
    },
  )
})
