import type { SendResult } from "@postrider/core/ports/mail-sender"

export interface EhloOffers {
  /** Keyword lines as the server wrote them. */
  capabilities: string[]
  /** Upper-case SASL mechanisms. */
  mechanisms: string[]
  starttls: boolean
  /** SIZE was offered, with or without a limit. */
  sizeParameter: boolean
  offers: NonNullable<SendResult["offers"]>
}

/** Most octets and lines of an EHLO answer that are looked at. */
const maxLines = 100

/** What the EHLO reply offers (RFC 5321 section 4.1.1.1); a HELO reply has one line and offers nothing. */
export function readOffers(reply: string): EhloOffers {
  const capabilities = reply
    .split("\n")
    .slice(1, maxLines)
    .map((line) => line.replace(/^\d{3}[ -]?/, "").trim())
    .filter((line) => line !== "")
  const keywords = new Map(capabilities.map((line) => [keywordOf(line), line]))
  const size = /^SIZE[ \t]+(\d{1,15})$/i.exec(keywords.get("SIZE") ?? "")?.[1]
  return {
    capabilities,
    mechanisms: mechanismsOf(capabilities),
    starttls: keywords.has("STARTTLS"),
    sizeParameter: keywords.has("SIZE"),
    offers: {
      size: size === undefined || Number(size) === 0 ? null : Number(size),
      dsn: keywords.has("DSN"),
      smtpUtf8: keywords.has("SMTPUTF8"),
      eightBitMime: keywords.has("8BITMIME"),
      pipelining: keywords.has("PIPELINING"),
    },
  }
}

const keywordOf = (line: string): string => (line.split(/[ \t=]/, 1)[0] ?? "").toUpperCase()

/** `AUTH=LOGIN PLAIN` is how some servers still write it. */
function mechanismsOf(lines: string[]): string[] {
  const names = lines.filter((line) => keywordOf(line) === "AUTH").flatMap((line) => line.slice(5).split(/[\s=]+/))
  return [...new Set(names.map((name) => name.toUpperCase()).filter((name) => name !== ""))]
}
