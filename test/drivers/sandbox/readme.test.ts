import { readFileSync } from "node:fs"
import { join } from "node:path"
import { stages } from "@postrider/sandbox/fault/fault"
import { describe, expect, it } from "vitest"
import { sandboxes } from "./sandboxes.ts"

const start = sandboxes()
const readme = readFileSync(join(import.meta.dirname, "../../../packages/sandbox/README.md"), "utf8")
/** Without the spaces that align its tables. */
const plain = readme.replace(/ {2,}/g, " ")
const inTables = [...plain.matchAll(/^\| [^|]+ \| `(\{.*\})` \|$/gm)].map((match) => match[1] ?? "")
const inBlocks = [...readme.matchAll(/```json fault\n([\s\S]*?)```/g)].map((match) => match[1] ?? "")

describe("the README of the sandbox", () => {
  it.each([...inTables, ...inBlocks])("shows a fault that can be set: %s", async (fault) => {
    const sandbox = await start()
    const response = await fetch(`http://127.0.0.1:${sandbox.ports.control}/faults`, { method: "PUT", body: fault })
    expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('"struck": 0')])
  })

  it("names every stage of every protocol, and no other", () => {
    expect(inTables.length).toBeGreaterThan(20)
    for (const [protocol, names] of Object.entries(stages))
      expect(plain).toContain(`| ${protocol} | ${names.join(" ")} |`)
  })
})
