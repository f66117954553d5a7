/**
 * How an answer differs from the one a page shows, one line each. Fields that the page leaves out may be there; `…` in a text stands
 * for anything.
 */
export function differences(shown: unknown, actual: unknown, path = ""): string[] {
  if (typeof shown === "string") {
    const pattern = shown.split("…").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    const same = typeof actual === "string" && new RegExp(`^${pattern.join("[^]*")}$`).test(actual)
    return same ? [] : [`${path}: ${shown} is shown, ${JSON.stringify(actual)} came`]
  }
  if (typeof shown !== "object" || shown === null) {
    return Object.is(shown, actual) ? [] : [`${path}: ${shown} is shown, ${JSON.stringify(actual)} came`]
  }
  if (typeof actual !== "object" || actual === null) return [`${path}: an object is shown, ${actual} came`]
  const fields = actual as Record<string, unknown>
  return Object.entries(shown).flatMap(([name, value]) => differences(value, fields[name], `${path}/${name}`))
}
