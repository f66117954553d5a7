const shownLength = { out: 9, other: 8 }

/** Ids are long so that they never collide; where nobody has to paste one its beginning tells it apart. */
export function shortId(id: unknown): string {
  const text = String(id)
  const length = text.startsWith("out_") ? shownLength.out : shownLength.other
  return text.slice(0, text.indexOf("_") + 1 + length)
}
