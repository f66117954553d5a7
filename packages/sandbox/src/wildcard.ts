/**
 * Whether the text matches a pattern with wildcards, in time proportional to both lengths, so that no pattern can
 * hold the process up. `stops` names the characters that a wildcard does not match.
 */
export function matchesWildcards(
  pattern: string,
  text: string,
  wildcards: Readonly<Record<string, { stops: string }>>,
): boolean {
  const length = pattern.length
  const skipWildcards = (reached: boolean[]) => {
    for (let at = 0; at < length; at += 1) if (reached[at] && wildcards[pattern[at] ?? ""]) reached[at + 1] = true
    return reached
  }
  let reached = skipWildcards([true])
  for (const character of text) {
    const next: boolean[] = []
    for (let at = 0; at < length; at += 1) {
      if (!reached[at]) continue
      const wildcard = wildcards[pattern[at] ?? ""]
      if (wildcard ? !wildcard.stops.includes(character) : pattern[at] === character)
        next[wildcard ? at : at + 1] = true
    }
    reached = skipWildcards(next)
  }
  return reached[length] === true
}
