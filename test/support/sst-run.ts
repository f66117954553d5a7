import { execFile } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { promisify } from "node:util"
import type { SstResource } from "./sst-mocks.ts"

const root = resolve(import.meta.dirname, "../..")
const version = join(root, ".sst/platform/version")

/** Why SST's components cannot be run here, or null. */
export function platformMissing(): string | null {
  const manifest = JSON.parse(readFileSync(join(root, "node_modules/sst/package.json"), "utf8")) as { version: string }
  if (existsSync(version) && readFileSync(version, "utf8").trim() === manifest.version) return null
  return "[needs SST's platform: node test/support/make-sst-platform.ts]"
}

export interface SstRun {
  resources: SstResource[]
  /** All of a type, such as `aws:sqs/queue:Queue`, by name. */
  all<T = Record<string, unknown>>(type: string): Map<string, T>
  /** What is linked to a function, by the name of its component. */
  linksOf(name: string): Record<string, unknown>
  /** Folders with the built code, by the name of the function's component. */
  codeOf(name: string): string
  clean(): Promise<void>
}

/** Runs an SST config, given as a path or as source, and answers what it would make. Code is built only where it is asked for. */
export async function runSst({
  config,
  stage,
  code = false,
}: {
  config: string
  stage: string
  code?: boolean
}): Promise<SstRun> {
  const scratch = await mkdtemp(join(tmpdir(), "sst-run-"))
  const outFile = join(scratch, "resources.json")
  const file = existsSync(join(root, config)) ? join(root, config) : join(scratch, "sst.config.ts")
  if (!existsSync(file)) await writeFile(file, config)
  const script = join(import.meta.dirname, "sst-process.ts")
  const environment = { ...process.env, SST_TELEMETRY_DISABLED: "1", NODE_OPTIONS: "" }
  await promisify(execFile)(
    process.execPath,
    [script, file, stage, outFile, join(scratch, "work"), code ? "code" : "no-code"],
    {
      cwd: root,
      env: environment,
      timeout: 120_000,
      maxBuffer: 10_000_000,
    },
  )
  const made = JSON.parse(await readFile(outFile, "utf8")) as {
    resources: SstResource[]
    links: Record<string, Record<string, unknown>>
  }
  const resources = made.resources.map((resource) => ({
    ...resource,
    inputs: plain(resource.inputs) as Record<string, unknown>,
  }))
  return {
    resources,
    all: <T>(type: string) =>
      new Map(resources.flatMap((each) => (each.type === type ? [[each.name, each.inputs as T] as const] : []))),
    linksOf: (name) => plain(made.links[name] ?? {}) as Record<string, unknown>,
    codeOf: (name) => join(scratch, "work", name),
    clean: () => rm(scratch, { recursive: true, force: true }),
  }
}

/** How Pulumi writes a secret down. */
const secretMark = "4dabf18193072939515e22adb298388d"

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== "object" || value === null) return value
  if (secretMark in value && "value" in value) return plain(value.value)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}
