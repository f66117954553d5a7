import { execFile } from "node:child_process"
import { join, resolve } from "node:path"
import { describe, expect, it } from "vitest"
import { platformMissing } from "../support/sst-run.ts"

const skip = platformMissing()
const root = resolve(import.meta.dirname, "../..")

describe.skipIf(skip !== null)(skip ?? "[needs SST's platform] types", () => {
  it("infra/ and sst.config.ts agree with SST's own types, at our strictness", async () => {
    const output = await new Promise<string>((done) => {
      const tsc = join(root, "node_modules/.bin/tsc")
      execFile(tsc, ["-p", "infra", "--pretty", "false"], { cwd: root, maxBuffer: 50_000_000 }, (_error, stdout) =>
        done(stdout),
      )
    })
    // SST's sources are TypeScript too, and not written for our settings.
    const ours = output.split("\n").filter((line) => /^(infra|sst\.config)\S*\(/.test(line))
    expect(ours).toEqual([])
    expect(output, "nothing was checked").toMatch(/^\.sst\/platform\//m)
  }, 60_000)
})
