import { execFile } from "node:child_process"
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

export interface CurlAnswer {
  status: number
  body: Record<string, unknown>
}

export interface DocShell {
  /** Runs a block as bash does; answers what each curl of it got. What it exports stays for the next one. */
  run(script: string): Promise<CurlAnswer[]>
  dispose(): Promise<void>
}

/** A reader's terminal. */
export async function openDocShell(): Promise<DocShell> {
  const dir = await mkdtemp(join(tmpdir(), "docs-"))
  const exports = join(dir, "exports")
  const answers = join(dir, "answers")
  await writeFile(exports, "")
  return {
    async run(script) {
      await writeFile(answers, "")
      const preamble = [
        `source "${exports}"`,
        `curl() { command curl --silent --show-error --max-time 30 --write-out '\\n%{http_code}\\n' "$@" >> "${answers}"; }`,
      ]
      const file = join(dir, "block.sh")
      await writeFile(file, [...preamble, script, `export -p > "${exports}"`, ""].join("\n"))
      await run("bash", ["-euo", "pipefail", file], { cwd: dir, timeout: 60_000 })
      const lines = (await readFile(answers, "utf8")).split("\n").filter((line) => line !== "")
      return lines.flatMap((line, index) =>
        index % 2 === 0 ? [{ body: JSON.parse(line), status: Number(lines[index + 1]) }] : [],
      )
    },
    dispose: () => rm(dir, { recursive: true, force: true }),
  }
}
