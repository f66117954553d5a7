import { CommandSyntaxError } from "./tokens.ts"

/** Says which numbers a set like `1,4:6,9:*` names. `last` is what `*` stands for: `9:*` always names it (RFC 3501 §9). */
export function readSequenceSet(text: string, last: number): (value: number) => boolean {
  const ranges = text.split(",").map((part) => readRange(part, last))
  return (value) => ranges.some(([low, high]) => value >= low && value <= high)
}

export function isSequenceSet(text: string): boolean {
  return /^(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?(?:,(?:\d{1,10}|\*)(?::(?:\d{1,10}|\*))?)*$/.test(text)
}

/** Writes numbers as a set with ranges. */
export function writeSequenceSet(values: readonly number[]): string {
  const parts: string[] = []
  for (let start = 0; start < values.length; ) {
    let end = start
    while (values[end + 1] === (values[end] ?? 0) + 1) end += 1
    parts.push(end === start ? `${values[start]}` : `${values[start]}:${values[end]}`)
    start = end + 1
  }
  return parts.join(",")
}

function readRange(part: string, last: number): [number, number] {
  if (!isSequenceSet(part)) throw new CommandSyntaxError("bad sequence set")
  const [from = "*", to = from] = part.split(":")
  const [low, high] = [from, to].map((end) => (end === "*" ? last : Number(end)))
  return low !== undefined && high !== undefined && low <= high ? [low, high] : [high ?? last, low ?? last]
}
