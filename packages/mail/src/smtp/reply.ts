import type { SmtpReply } from "@postrider/core/ports/mail-sender"
import { cleanResponse } from "../fault/clean-response.ts"

const line = /^(\d{3})(?:[ -]|$)(?:([245]\.\d{1,3}\.\d{1,3})(?=\s|$))?/

/** A reply as it came, lines separated by LF (RFC 5321 section 4.2.1; enhanced codes RFC 3463, RFC 2034); null when it is none. */
export function parseReply(text: string | null | undefined): SmtpReply | null {
  if (text === null || text === undefined) return null
  const lines = text.split(/\r?\n/)
  const first = line.exec(lines[0] ?? "")
  if (first === null) return null
  const enhancedCode = enhancedCodeOf(lines, first[1]?.[0])
  return { code: Number(first[1]), enhancedCode, response: cleanResponse(joined(lines, enhancedCode)) ?? "" }
}

/** The first line that has one of the reply's own class decides. */
function enhancedCodeOf(lines: string[], replyClass: string | undefined): string | null {
  for (const each of lines) {
    const code = line.exec(each)?.[2]
    if (code !== undefined && code[0] === replyClass) return code
  }
  return null
}

/** Codes are said once, not on each line. */
function joined(lines: string[], enhancedCode: string | null): string {
  const [first = "", ...rest] = lines
  const texts = rest.map((each) => {
    const text = each.replace(/^\d{3}[ -]?/, "")
    return (enhancedCode !== null && text.startsWith(enhancedCode) ? text.slice(enhancedCode.length) : text).trim()
  })
  return [first.replace(/^(\d{3})-/, "$1 "), ...texts].join(" ")
}

/** As `parseReply`; what is no reply has the code 0. */
export const replyOf = (text: string): SmtpReply =>
  parseReply(text) ?? { code: 0, enhancedCode: null, response: cleanResponse(text) ?? "" }
