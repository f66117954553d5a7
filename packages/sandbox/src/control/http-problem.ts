import type { Problem } from "../fault/parse-faults.ts"

/** A request that gets another answer than it hoped for. */
export class HttpProblem extends Error {
  override readonly name = "HttpProblem"
  readonly status: number
  readonly problems: readonly Problem[] | undefined

  constructor(status: number, message: string, details: { cause?: unknown; problems?: readonly Problem[] } = {}) {
    super(message, { cause: details.cause })
    this.status = status
    this.problems = details.problems
  }
}
