import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { withSettings } from "./settings-block.ts"

/** `npm run docs:settings`: writes the README's table of settings anew. */
const file = join(import.meta.dirname, "../../README.md")
writeFileSync(file, withSettings(readFileSync(file, "utf8")))
