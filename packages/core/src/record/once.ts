import type { IdPrefix, Ids } from "../ports/ids.ts"

/** A request that makes something once, however often it comes: its repeats bring the same seed, which nobody else knows. */
export interface Once {
  /** 40 random letters and digits. */
  seed: string
}

/** What was made by such a request keeps its mark. */
export interface Marked {
  origin?: string
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/** Id of what is made: the same in every repeat. */
export function onceId(ids: Pick<Ids, "random" | "derive">, prefix: IdPrefix, once: Once | undefined): string {
  return once === undefined ? ids.random(prefix) : ids.derive(prefix, once.seed)
}

/** A secret text of up to 40 letters and digits, the same in every repeat. */
export function onceToken(ids: Pick<Ids, "token" | "digest">, length: number, once: Once | undefined): string {
  if (once === undefined) return ids.token(length)
  let rest = BigInt(`0x${ids.digest(`token:${once.seed}`)}`)
  let text = ""
  for (; text.length < length; rest /= 62n) text += letters[Number(rest % 62n)]
  return text
}

/** The mark to keep, from which the seed cannot be told. */
export function originMark(ids: Pick<Ids, "digest">, once: Once | undefined): Marked {
  return once === undefined ? {} : { origin: ids.digest(`origin:${once.seed}`) }
}

/** Whether an earlier run of the same request made it. */
export function wasMadeBy(ids: Pick<Ids, "digest">, thing: Marked | undefined, once: Once | undefined): boolean {
  return once !== undefined && thing?.origin !== undefined && thing.origin === originMark(ids, once).origin
}
