/** Text from octets, and whether its charset was neither declared nor UTF-8. */
export interface DecodedText {
  text: string
  guessed: boolean
}

const strictUtf8 = new TextDecoder("utf-8", { fatal: true })
const windows1252 = new TextDecoder("windows-1252")

/** Undeclared octets: UTF-8 where they are valid UTF-8, else windows-1252, which every octet string is. */
export function guessText(octets: Uint8Array): DecodedText {
  try {
    return { text: strictUtf8.decode(octets), guessed: false }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return { text: windows1252.decode(octets), guessed: true }
  }
}

/**
 * Decodes by the declared charset (WHATWG labels). ASCII or none declared: guessed, silently where the octets are ASCII.
 * Undefined where the charset is unknown or refused: UTF-7 is, since it can carry markup past a filter.
 */
export function decodeDeclared(octets: Uint8Array, charset: string | null): DecodedText | undefined {
  const label = (charset ?? "").trim().toLowerCase()
  if (label === "" || label === "us-ascii" || label === "ascii") return guessText(octets)
  const decoder = decoderFor(label)
  return decoder === undefined ? undefined : { text: decoder.decode(octets), guessed: false }
}

function decoderFor(label: string): InstanceType<typeof TextDecoder> | undefined {
  try {
    return new TextDecoder(label)
  } catch (error) {
    // A RangeError is the answer "unknown label"; the caller has another way.
    if (!(error instanceof RangeError)) throw error
    return undefined
  }
}
