/** Writes the tour: plain lines, colours only on a terminal that wants them. */
export interface Screen {
  line(text?: string): void
  title(text: string): void
  /** One part of the stack: what, where, which, and how long it took to start. */
  part(cells: [name: string, place: string, what: string], time?: string): void
  /** Columns of a step; a time stands at the right. */
  row(cells: [step: string, mark: string, rest: string], time?: string): void
  /** A step that did not happen. */
  trouble(cells: [step: string, mark: string, rest: string]): void
}

const nameWidth = 10
const placeWidth = 32
const partWidth = 103
const stepWidth = 20
const markWidth = 4
const rowWidth = 114

export function createScreen(out: NodeJS.WritableStream, colours: boolean): Screen {
  const paint = (code: string, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text)
  const line = (text = ""): void => void out.write(`${text.trimEnd()}\n`)
  const ending = (left: string, time: string, width: number): void => {
    const gap = " ".repeat(Math.max(width - left.length - time.length, 2))
    line(time === "" ? left : `${left}${gap}${paint("2", time)}`)
  }
  const row = ([step, mark, rest]: [string, string, string]): string =>
    `   ${step.padEnd(stepWidth)} ${mark.padEnd(markWidth)} ${rest}`
  return {
    line,
    title: (text) => line(paint("1", text)),
    part: ([name, place, what], time = "") =>
      ending(`   ${name.padEnd(nameWidth)} ${place.padEnd(placeWidth)} ${what}`, time, partWidth),
    row: (cells, time = "") => ending(row(cells), time, rowWidth),
    trouble: (cells) => line(paint("31", row(cells))),
  }
}

/** "4 ms", "1.06 s". */
export function shownTime(ms: number): string {
  return ms < 1000 ? `${Math.max(Math.round(ms), 1)} ms` : shownSeconds(ms)
}

/** "0.22 s". */
export function shownSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
