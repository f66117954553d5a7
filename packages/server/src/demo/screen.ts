/** Writes the tour: plain lines, colours only on a terminal that wants them. */
export interface Screen {
  line(text?: string): void
  title(text: string): void
  /** Columns of the tour, the last one at the right. */
  row(cells: [first: string, second: string, rest: string], last?: string): void
  trouble(text: string): void
}

const firstWidth = 20
const secondWidth = 4
const lineWidth = 110

export function createScreen(out: NodeJS.WritableStream, colours: boolean): Screen {
  const paint = (code: string, text: string): string => (colours ? `\u001b[${code}m${text}\u001b[0m` : text)
  const line = (text = ""): void => void out.write(`${text.trimEnd()}\n`)
  return {
    line,
    title: (text) => line(paint("1", text)),
    row([first, second, rest], last = "") {
      const left = `   ${first.padEnd(firstWidth)} ${second.padEnd(secondWidth)} ${rest}`
      const gap = Math.max(lineWidth - left.length - last.length, 2)
      line(last === "" ? left : `${left}${" ".repeat(gap)}${paint("2", last)}`)
    },
    trouble: (text) => line(paint("31", text)),
  }
}

/** "4 ms", "1.06 s". */
export function shownTime(ms: number): string {
  return ms < 1000 ? `${Math.max(Math.round(ms), 1)} ms` : `${(ms / 1000).toFixed(2)} s`
}
