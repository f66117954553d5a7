import { readFileSync } from "node:fs"

/**
 * `check-skips <vitest json> <expected>`: prints the counts and fails on a skipped test that the list does not name, and on a
 * line of the list that no longer stands for a skip. Lines that begin with # are reasons; `[unless NAME] title` is expected only
 * while the environment variable NAME is not set.
 */
interface Report {
  testResults: { name: string; assertionResults: { fullName: string; status: string }[] }[]
}

const [reportFile = "", expectedFile = ""] = process.argv.slice(2)
const report = JSON.parse(readFileSync(reportFile, "utf8")) as Report
const expected = new Set(
  readFileSync(expectedFile, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .flatMap(whenExpected),
)

function whenExpected(line: string): string[] {
  const [, name, title] = /^\[unless (\w+)\] (.+)$/.exec(line) ?? []
  if (name === undefined || title === undefined) return [line]
  return process.env[name] === undefined ? [title] : []
}

const tests = report.testResults.flatMap((file) => file.assertionResults)
const count = (status: string): number => tests.filter((test) => test.status === status).length
const skipped = tests.filter((test) => !["passed", "failed"].includes(test.status)).map((test) => test.fullName)
const unexpected = skipped.filter((name) => !expected.has(name))
const stale = [...expected].filter((name) => !skipped.includes(name))
for (const name of unexpected) process.stdout.write(`unexpected skip: ${name}\n`)
for (const name of stale) process.stdout.write(`expected skip that did not happen: ${name}\n`)
process.stdout.write(`${count("passed")} passed, ${count("failed")} failed, ${skipped.length} skipped\n`)
if (unexpected.length > 0 || stale.length > 0 || count("failed") > 0 || tests.length === 0) process.exitCode = 1
