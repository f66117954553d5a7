import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { indexNames } from "@postrider/core/ports/record-store"
import { unzipSync } from "fflate"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { functionNames, functions } from "../../infra/lambda/functions.ts"
import { type Manifest, writeZips } from "../../infra/lambda/write-zips.ts"
import { zipFolder } from "../../infra/lambda/zip.ts"

describe("npm run build:lambda", () => {
  let outdir = ""
  let manifest: Manifest
  beforeAll(async () => {
    outdir = await mkdtemp(join(tmpdir(), "zips-"))
    manifest = await writeZips({ root: resolve(import.meta.dirname, "../.."), outdir })
  }, 60_000)
  afterAll(() => rm(outdir, { recursive: true, force: true }))

  it("writes a zip for each function with its handler, and the parser's thread beside those that parse", async () => {
    for (const name of functionNames) {
      const files = unzipSync(await readFile(join(outdir, manifest.functions[name].zip)))
      expect(Object.keys(files), name).toContain("bundle.mjs")
      expect("parse-worker.mjs" in files, name).toBe(functions[name].parsesMail)
    }
  })

  it("the same code gives the same octets", async () => {
    const folder = join(outdir, "tick")
    expect(Buffer.from(await zipFolder(folder)).equals(await readFile(join(outdir, "tick.zip")))).toBe(true)
  })

  it("the manifest on disk says all that another tool must set up", async () => {
    const read = JSON.parse(await readFile(join(outdir, "manifest.json"), "utf8")) as Manifest
    expect(read).toEqual(manifest)
    expect(read.functions["outbound-worker"]).toMatchObject({
      handler: "bundle.handler",
      runtime: "nodejs24.x",
      architecture: "arm64",
      timeoutSeconds: 900,
      environment: { POSTRIDER_ENGINE: "aws", POSTRIDER_QUEUE_WEBHOOK: "{queue.webhook.url}" },
      trigger: { kind: "sqs", queue: "{queue.outbound.arn}", batchSize: 10, reportBatchItemFailures: true },
    })
    expect(read.resources.table.indexes.map(({ name }) => name)).toEqual([...indexNames])
  })

  it("no grant is for everything of a service, and the tick is given no secret", () => {
    for (const { permissions } of Object.values(manifest.functions)) {
      for (const { actions, resources } of permissions) {
        expect(actions.join()).not.toContain("*")
        expect(resources).not.toContain("*")
      }
    }
    expect(Object.keys(manifest.functions.tick.environment).filter((name) => /KEY/.test(name))).toEqual([])
  })

  it("a cold start reads less than 0.8 MB, whichever the function", () => {
    for (const name of functionNames) expect(manifest.functions[name].initBytes, name).toBeLessThanOrEqual(800_000)
  })
})
