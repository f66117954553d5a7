import { mkdir, rm } from "node:fs/promises"
import { join } from "node:path"
import type { BuildOptions, Metafile } from "esbuild"
import { bundleTo, parseWorker } from "./bundle.ts"
import { type FunctionName, functions } from "./functions.ts"

export interface BuiltFunction {
  /** Holds `bundle.mjs`, whose export `handler` is the function, and what that loads. */
  dir: string
  /** Octets of the code that is read before the first call, and of all. */
  initBytes: number
  totalBytes: number
  metafile: Metafile
}

/** Bundles one function of `functions/` into a folder of its own. */
export async function buildFunction(
  name: FunctionName,
  { root, outdir }: { root: string; outdir: string },
): Promise<BuiltFunction> {
  const dir = join(outdir, name)
  await rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true })
  const entry = join(root, "functions", `${name}.ts`)
  const metafile = await build({ ...bundleTo(dir, { bundle: entry }), absWorkingDir: root })
  if (functions[name].parsesMail) await buildParseWorker(root, dir)
  return { dir, metafile, ...sizes(metafile) }
}

/** Bundles the thread that parses mail into a folder, as one file. */
export async function buildParseWorker(root: string, dir: string): Promise<void> {
  const entry = parseWorker.file.replace(/\.mjs$/, "")
  await build({
    ...bundleTo(dir, { [entry]: join(root, parseWorker.source) }),
    absWorkingDir: root,
    splitting: false,
  })
}

/** Loaded when needed: SST reads its config, and with it this file, before there is anything to import. */
async function build(options: BuildOptions): Promise<Metafile> {
  const esbuild = await import("esbuild")
  return (await esbuild.build({ ...options, metafile: true })).metafile
}

function sizes({ outputs }: Metafile): { initBytes: number; totalBytes: number } {
  const seen = new Set<string>()
  const follow = (path: string): number => {
    const output = outputs[path]
    if (output === undefined || seen.has(path)) return 0
    seen.add(path)
    const statics = output.imports.filter(({ kind }) => kind === "import-statement")
    return output.bytes + statics.reduce((sum, { path: next }) => sum + follow(next), 0)
  }
  const entry = Object.keys(outputs).find(
    (path) => outputs[path]?.entryPoint !== undefined && /\/bundle\.mjs$/.test(path),
  )
  return {
    initBytes: follow(entry ?? ""),
    totalBytes: Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0),
  }
}
