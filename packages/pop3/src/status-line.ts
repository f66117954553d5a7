export interface Status {
  kind: "ok" | "err" | "continue"
  /** Behind the indicator, trimmed. */
  text: string
  responseCode: string | null
}

/**
 * Reads a status line (RFC 1939 section 3) or a SASL challenge (RFC 5034 section 4); undefined when it is neither.
 * Indicators are compared without case, as old servers send them so.
 */
export function parseStatus(line: Buffer): Status | undefined {
  const words = line.toString("utf8")
  const head = words.slice(0, 4).toUpperCase()
  if (head.startsWith("+OK")) return status("ok", words.slice(3))
  if (head === "-ERR") return status("err", words.slice(4))
  if (words === "+" || words.startsWith("+ "))
    return { kind: "continue", text: words.slice(1).trim(), responseCode: null }
  return undefined
}

function status(kind: "ok" | "err", rest: string): Status {
  const text = rest.trim()
  const code = /^\[([^\]\s]{1,64})[^\]]*\]/.exec(text)
  return { kind, text, responseCode: code?.[1]?.toUpperCase() ?? null }
}
