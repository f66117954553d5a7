import { settingsTable } from "@postrider/runtime/config/describe"

const begin = "<!-- settings: npm run docs:settings -->"
const end = "<!-- /settings -->"

/** The page with the table of settings as the code has it. @throws Error when the page has no place for it. */
export function withSettings(page: string): string {
  const [before, rest] = page.split(begin)
  const after = rest?.split(end)[1]
  if (before === undefined || after === undefined) throw new Error(`the page lacks ${begin} or ${end}`)
  return `${before}${begin}\n\n${settingsTable()}\n\n${end}${after}`
}
