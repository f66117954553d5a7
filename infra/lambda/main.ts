import { resolve } from "node:path"
import { functionNames } from "./functions.ts"
import { writeZips } from "./write-zips.ts"

/** `npm run build:lambda [folder]`: a zip for each function and `manifest.json`, by default in dist/lambda. */
const root = resolve(import.meta.dirname, "../..")
const outdir = resolve(process.argv[2] ?? "dist/lambda")
const { functions } = await writeZips({ root, outdir })
for (const name of functionNames) {
  const { zip, initBytes, totalBytes } = functions[name]
  process.stdout.write(`${zip.padEnd(22)} init ${kb(initBytes)}  in all ${kb(totalBytes)}\n`)
}
process.stdout.write(`${outdir}/manifest.json\n`)

function kb(bytes: number): string {
  return `${Math.ceil(bytes / 1000)} kB`.padStart(8)
}
