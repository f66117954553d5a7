import type { BuildOptions } from "esbuild"

/** ESM has no `require`, and libraries in CommonJS still call it. */
const requireBanner =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);"

/** Schema libraries that hono-openapi would load for schemas made with them; ours are made with valibot. */
const neverLoaded = ["zod", "zod/*", "zod-to-json-schema", "arktype", "effect", "sury", "typebox", "@sinclair/typebox"]

/** esbuild's part in the bundle of a function. */
export const bundleOptions = {
  target: "node24",
  mainFields: ["module", "main"],
  external: neverLoaded,
  legalComments: "none",
} satisfies BuildOptions

/** The parser's thread, from its source to its place beside the bundle. */
export const parseWorker = {
  source: "packages/mail/src/mime/parse-worker.ts",
  file: "parse-worker.mjs",
}

/** All that esbuild needs to write ESM for Node 24, in one folder, minified. */
export function bundleTo(outdir: string, entries: Record<string, string>): BuildOptions {
  return {
    ...bundleOptions,
    entryPoints: entries,
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    platform: "node",
    banner: { js: requireBanner },
    metafile: true,
    logLevel: "error",
  }
}
