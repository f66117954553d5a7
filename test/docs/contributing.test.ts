import { existsSync } from "node:fs"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { docBlocks, root, withoutNpm } from "../support/doc-blocks.ts"

const page = ".github/CONTRIBUTING.md"

describe("CONTRIBUTING", () => {
  it.each(docBlocks(page))("$info of line $line holds npm commands that exist, which .ci/run runs", ({ text }) => {
    expect(withoutNpm(text).trim()).toBe("")
  })
})

describe("the pages", () => {
  it.each([page, "README.md", ".github/SECURITY.md"])("%s names files that are there", async (path) => {
    const text = await readFile(join(root, path), "utf8")
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map((link) => join(root, path, "..", link[1] ?? ""))
    const named = [...text.matchAll(/`((?:packages|test|\.ci)\/[\w./-]+)`/g)].map((name) => join(root, name[1] ?? ""))
    expect([...links, ...named].filter((file) => !existsSync(file))).toEqual([])
  })
})
