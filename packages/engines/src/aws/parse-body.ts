/** The body of a message as it was sent; what is no JSON stays text, which no job is, and so ends with the dead letters. */
export function parseBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}
