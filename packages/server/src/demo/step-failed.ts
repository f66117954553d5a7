/** A step of the tour that did not happen: what was expected, what was seen. Ends the tour with exit 1. */
export class StepFailed extends Error {
  override readonly name = "StepFailed"
  readonly seen: string[]

  constructor(expected: string, seen: string[]) {
    super(expected)
    this.seen = seen
  }
}
