import { mkdir, readFile, rm, writeFile } from "node:fs/promises"
import { createServer } from "node:http"
import { createRequire } from "node:module"
import type { AddressInfo } from "node:net"
import { join, resolve } from "node:path"
import { pathToFileURL } from "node:url"
import { build, type Plugin } from "esbuild"
import { answerOf, type MockArgs, outputsOf, type SstResource } from "./sst-mocks.ts"

/**
 * `sst-process <config> <stage> <out.json> <scratch folder> [no-code]`: runs an SST config as the CLI does, up to where Pulumi would talk to AWS,
 * and writes down every resource with its inputs, and what each function is linked to; its code is built into the folder. Needs .sst/platform.
 */
interface Pulumi {
  runtime: {
    setMocks(mocks: unknown, project: string, stack: string, preview: boolean): Promise<void>
    runInPulumiStack(run: () => Promise<unknown>): Promise<unknown>
    disconnect(): Promise<void>
  }
}

const root = resolve(import.meta.dirname, "../..")
const platform = join(root, ".sst/platform")
const [configFile = "", stage = "", outFile = "", scratch = "", code = "code"] = process.argv.slice(2)
const pulumi = createRequire(join(platform, "package.json"))("@pulumi/pulumi") as Pulumi
const resources: SstResource[] = []
const links: Record<string, unknown> = {}

await mkdir(scratch, { recursive: true })
const cli = createServer((request, response) => {
  let body = ""
  request.on("data", (data) => (body += data))
  request.on("end", async () => {
    const { method, params } = JSON.parse(body) as { method: string; params: unknown[] }
    const answer = await answerCall(method, params[0]).then(
      (result) => ({ id: 1, result, error: null }),
      (error: unknown) => ({ id: 1, result: null, error: String(error) }),
    )
    response.setHeader("content-type", "application/json").end(JSON.stringify(answer))
  })
})
await new Promise<void>((done) => cli.listen(0, "127.0.0.1", done))
process.env.SST_SERVER = `http://127.0.0.1:${(cli.address() as AddressInfo).port}`

await pulumi.runtime.setMocks(
  {
    newResource(args: MockArgs) {
      if (args.custom !== false) resources.push({ type: args.type, name: args.name, inputs: args.inputs })
      return { id: `${args.name}-id`, state: { ...args.inputs, ...outputsOf(args) } }
    },
    call: answerOf,
  },
  "postrider",
  stage,
  false,
)
const bundle = join(platform, `sst.config.test.${process.pid}.mjs`)
try {
  await bundleConfig(bundle)
  await pulumi.runtime.runInPulumiStack(async () => (await import(pathToFileURL(bundle).href)).default)
  await pulumi.runtime.disconnect()
  await writeFile(outFile, JSON.stringify({ resources, links }))
} finally {
  await rm(bundle, { force: true })
}
process.exit(0)

/** What the components ask the CLI for. */
async function answerCall(method: string, argument: unknown): Promise<unknown> {
  switch (method) {
    case "Provider.Aws.Bootstrap":
      return { asset: "sst-asset", assetEcrRegistryId: "1", assetEcrUrl: "ecr", state: "sst-state" }
    case "Runtime.Build":
      return buildHandler(argument as BuildInput)
    default:
      throw new Error(`the test knows no answer to ${method}`)
  }
}

interface BuildInput {
  functionID: string
  handler: string
  links: Record<string, unknown>
  properties: { minify: boolean; splitting: boolean; esbuild: Record<string, unknown> }
}

/** As the CLI builds a function of Node (pkg/runtime/node/build.go). */
async function buildHandler({ functionID, handler, links: linked, properties }: BuildInput): Promise<unknown> {
  const out = join(scratch, functionID)
  await mkdir(out, { recursive: true })
  links[functionID] = linked
  const dot = handler.lastIndexOf(".")
  if (code === "no-code") return { handler: `bundle.${handler.slice(dot + 1)}`, out, errors: [], sourcemaps: [] }
  await build({
    ...properties.esbuild,
    absWorkingDir: root,
    entryPoints: { bundle: `${handler.slice(0, dot)}.ts` },
    outdir: out,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    minify: properties.minify,
    splitting: properties.splitting,
    format: "esm",
    platform: "node",
    keepNames: true,
    banner: { js: "import{createRequire as __r}from'module';const require=__r(import.meta.url);" },
    logLevel: "error",
  })
  return { handler: `bundle.${handler.slice(dot + 1)}`, out, errors: [], sourcemaps: [] }
}

/** As the CLI bundles a config (pkg/js/js.go): globals on top of every file of the app, packages of the platform left outside. */
async function bundleConfig(outfile: string): Promise<void> {
  const app = { name: "postrider", stage, home: "aws", removal: stage === "production" ? "retain" : "remove" }
  const paths = { home: scratch, root, work: scratch, platform }
  const globals = `import * as aws from "@pulumi/aws";\nimport * as sst from "${platform}/src/components";\n`
  const plugin: Plugin = {
    name: "globals",
    setup(builder) {
      builder.onLoad({ filter: /\.(js|ts)$/ }, async ({ path }) => {
        const text = await readFile(path, "utf8")
        return { contents: path.startsWith(platform) ? text : globals + text, loader: "default" }
      })
    },
  }
  await build({
    stdin: {
      contents: `import { run } from "${platform}/src/auto/run.ts"; import mod from "${resolve(configFile)}"; export default await run(mod.run)`,
      resolveDir: root,
      sourcefile: "eval.ts",
      loader: "ts",
    },
    banner: {
      js: `import{createRequire as _r}from'module';const require=_r(import.meta.url);import{fileURLToPath as _f,URL as _u}from"url";const __filename=_f(import.meta.url);const __dirname=_f(new _u(".",import.meta.url));`,
    },
    mainFields: ["module", "main"],
    format: "esm",
    platform: "node",
    bundle: true,
    outfile,
    logLevel: "error",
    nodePaths: [join(platform, "node_modules")],
    external: [
      "@pulumi/*",
      "undici",
      "@pulumiverse/*",
      "@sst-provider/*",
      "@aws-sdk/*",
      "esbuild",
      "archiver",
      "glob",
      "vite",
    ],
    define: {
      $app: JSON.stringify(app),
      $cli: JSON.stringify({ command: "deploy", dev: false, paths, state: { version: {} } }),
      $dev: "false",
    },
    inject: [join(platform, "src/shim/run.js")],
    plugins: [plugin],
  })
}
