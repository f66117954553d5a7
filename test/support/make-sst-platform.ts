import { spawn } from "node:child_process"
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"

/**
 * Lays SST's platform (its component sources and types) into .sst/platform, for the type check of infra/ and the tests of test/infra.
 * `sst install` fetches the Pulumi CLI and Bun first. Neither runs a test: where they cannot be fetched, a stand-in answers Pulumi's
 * version and Bun comes from npm, in a folder of this script's own that no real deployment looks into.
 */
const root = resolve(import.meta.dirname, "../..")
const config = await mkdtemp(join(tmpdir(), "sst-config-"))
const bin = join(config, "sst/bin")
const attempts = 4

try {
  if (await isLaid()) process.exit(0)
  await mkdir(bin, { recursive: true })
  for (let attempt = 1; ; attempt++) {
    const log = await install()
    if (await isLaid()) break
    if (attempt === attempts) throw new Error(log.slice(-2000))
    await standIn(log)
  }
} finally {
  await rm(config, { recursive: true, force: true })
}

async function isLaid(): Promise<boolean> {
  const wanted = JSON.parse(await readFile(join(root, "node_modules/sst/package.json"), "utf8")) as { version: string }
  const laid = await readFile(join(root, ".sst/platform/version"), "utf8").catch(() => "")
  return laid.trim() === wanted.version
}

async function install(): Promise<string> {
  const { output } = await run(
    join(root, "node_modules/.bin/sst"),
    ["install", "--stage", "test", "--print-logs"],
    root,
  )
  return output
}

/** What the log says could not be fetched. */
async function standIn(log: string): Promise<void> {
  const pulumi = /pulumi-(v[0-9.]+[0-9])-/.exec(log)?.[1]
  if (pulumi !== undefined) await program("pulumi", `#!/bin/sh\necho ${pulumi}\n`)
  const bun = /bun-v([0-9.]+[0-9])\//.exec(log)?.[1]
  if (bun === undefined) return
  const dir = await mkdtemp(join(tmpdir(), "bun-"))
  await run("npm", ["pack", `@oven/bun-linux-x64@${bun}`], dir)
  await run("sh", ["-c", "tar xzf ./*.tgz"], dir)
  await cp(join(dir, "package/bin/bun"), join(bin, "bun"))
  await chmod(join(bin, "bun"), 0o755)
  await rm(dir, { recursive: true })
}

async function program(name: string, text: string): Promise<void> {
  await writeFile(join(bin, name), text)
  await chmod(join(bin, name), 0o755)
}

function run(command: string, args: string[], cwd: string): Promise<{ output: string }> {
  const env = { ...process.env, XDG_CONFIG_HOME: config, SST_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" }
  const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], timeout: 300_000 })
  let output = ""
  child.stdout.on("data", (data) => (output += data))
  child.stderr.on("data", (data) => (output += data))
  return new Promise((done, fail) => {
    child.on("error", fail)
    child.on("close", () => done({ output }))
  })
}
