/** Node's `code` of an error, or of the first cause or aggregated error that has one; null where there is none. */
export function errorCode(error: unknown, depth = 0): string | null {
  if (typeof error !== "object" || error === null || depth > 4) return null
  if ("code" in error && typeof error.code === "string") return error.code
  if ("errors" in error && Array.isArray(error.errors)) {
    for (const inner of error.errors) {
      const code = errorCode(inner, depth + 1)
      if (code !== null) return code
    }
  }
  return "cause" in error ? errorCode(error.cause, depth + 1) : null
}
