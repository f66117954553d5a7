export interface FailedStep {
  /** What was expected, as the tour names it: `message.received`, `POST /v1/accounts`. */
  step: string
  /** Status that came instead, or nothing. */
  mark?: string
  /** What was seen instead. */
  seen: string
}

/** A step of the tour that did not happen: what was expected, what was seen, what explains it. Ends the tour with exit 1. */
export class StepFailed extends Error {
  override readonly name = "StepFailed"
  readonly step: FailedStep
  /** One sentence each. */
  readonly reasons: string[]

  constructor(step: FailedStep, reasons: string[] = []) {
    super(`${step.step}: ${step.seen}`)
    this.step = step
    this.reasons = reasons
  }
}
