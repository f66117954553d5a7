import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, it } from "vitest"
import { root } from "../support/doc-blocks.ts"
import { withSettings } from "../support/settings-block.ts"

it("the README's table of settings is the code's (npm run docs:settings)", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8")
  expect(readme).toBe(withSettings(readme))
})
