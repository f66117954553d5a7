const header =
  /^(?:on .{1,400} wrote|am .{1,400} schrieb.*|le .{1,400} a écrit|el .{1,400} escribió|il .{1,400} ha scritto|op .{1,400} schreef.*):\s*$/i
const forwarded =
  /^(?:-{2,}\s*(?:original message|ursprüngliche nachricht|forwarded message|message d'origine)\s*-{2,}|_{20,})\s*$/i
const outlook = /^(?:from|von|de|da|van):\s.*$/i
/** Nobody introduces a quote with more; longer lines are not looked at, so that a text costs time in proportion to its length. */
const maxLineChars = 1000
const outlookNext = /^(?:sent|date|gesendet|datum|envoyé|enviado|inviato|verzonden):\s/i

/**
 * What the sender wrote himself: without the quoted mail below it, quoted lines and the signature after `-- `. A guess from common
 * forms; null where nothing would be left or there is no text.
 */
export function textReply(text: string | null): string | null {
  if (text === null) return null
  const lines = text.split("\n")
  const end = lines.findIndex((line, index) => startsQuote(lines, line.trimEnd(), index))
  const own = (end < 0 ? lines : lines.slice(0, end)).filter((line) => !line.startsWith(">"))
  const reply = own.join("\n").trim()
  return reply === "" ? null : reply
}

function startsQuote(lines: readonly string[], line: string, index: number): boolean {
  if (line.length > maxLineChars) return false
  if (line === "--" && lines[index] !== "--") return true
  if (forwarded.test(line)) return true
  if (outlook.test(line) && outlookNext.test(lines[index + 1] ?? "")) return true
  // Long introductions are wrapped over two lines.
  if (!isIntroduction(line) && !isIntroduction(line, lines[index + 1]?.slice(0, maxLineChars).trimEnd())) return false
  return lines.slice(index + 1, index + 5).some((after) => after.startsWith(">")) || index > 0
}

/** The end is looked at first: without it the pattern would be tried at every place of the line. */
function isIntroduction(line: string, next?: string): boolean {
  if (!(next ?? line).endsWith(":")) return false
  return header.test(next === undefined ? line : `${line} ${next}`)
}
