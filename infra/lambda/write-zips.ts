import { createHash } from "node:crypto"
import { mkdir, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { buildFunction } from "./build.ts"
import { type FunctionName, functionNames } from "./functions.ts"
import { type ManifestFunction, manifestOf } from "./manifest.ts"
import { resources } from "./resources.ts"
import { zipFolder } from "./zip.ts"

export interface Manifest {
  resources: typeof resources
  functions: Record<FunctionName, ManifestFunction>
}

/** Bundles every function into `outdir`, zips it beside, and writes `manifest.json`: all that another tool than SST needs. */
export async function writeZips({ root, outdir }: { root: string; outdir: string }): Promise<Manifest> {
  await mkdir(outdir, { recursive: true })
  const functions: Partial<Record<FunctionName, ManifestFunction>> = {}
  for (const name of functionNames) {
    const { dir, initBytes, totalBytes } = await buildFunction(name, { root, outdir })
    const zip = await zipFolder(dir)
    await writeFile(join(outdir, `${name}.zip`), zip)
    const sha256 = createHash("sha256").update(zip).digest("base64")
    functions[name] = manifestOf(name, { zip: `${name}.zip`, initBytes, totalBytes, sha256 })
  }
  const manifest = { resources, functions: functions as Record<FunctionName, ManifestFunction> }
  await writeFile(join(outdir, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`)
  return manifest
}
