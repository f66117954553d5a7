import { readFileSync } from "node:fs"
import { join } from "node:path"

export const root = join(import.meta.dirname, "../..")

/** A fenced block of a page, which some test runs. */
export interface DocBlock {
  /** Line of its fence, from 1. */
  line: number
  /** What stands after the fence: `sh`, `ts`, `json`. */
  info: string
  text: string
  /** From a comment `<!-- not run: why -->` right before the block. */
  notRun: string | null
}

/** Every fenced block of a Markdown page, in order. */
export function docBlocks(path: string): DocBlock[] {
  const blocks: DocBlock[] = []
  let open: { block: DocBlock; fence: string } | null = null
  let before = ""
  for (const [index, line] of readFileSync(join(root, path), "utf8").split("\n").entries()) {
    if (open !== null) {
      if (line === open.fence) open = null
      else open.block.text += `${line}\n`
      continue
    }
    const [, fence, info = ""] = /^ *(`{3,})(.*)$/.exec(line) ?? []
    if (fence !== undefined) {
      const notRun = /^<!-- not run: (.+) -->$/.exec(before)?.[1] ?? null
      open = { fence, block: { line: index + 1, info: info.trim(), text: "", notRun } }
      blocks.push(open.block)
    }
    if (line.trim() !== "") before = line.trim()
  }
  return blocks
}

const npmCommand = /^npm (?:ci|(start|test)|run (\S+))(?: -- .*)?$/

/**
 * Takes the npm commands out of a shell block, checked against the scripts of package.json. What they do is run from a fresh clone by
 * `.ci/run`, and as processes by the tests under test/e2e.
 */
export function withoutNpm(text: string): string {
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>
  }
  const known = (command: string): boolean => {
    const found = npmCommand.exec(command)
    const script = found?.[1] ?? found?.[2]
    if (found !== null && script !== undefined && scripts[script] === undefined)
      throw new Error(`package.json has no script for "${command}"`)
    return found !== null
  }
  return text
    .split("\n")
    .filter((line) => {
      const commands = line.replace(/\s+#.*$/, "").split(" && ")
      return !commands.every(known)
    })
    .join("\n")
}
