import type { AwsService } from "@postrider/engines/aws/clients"

/** What goes wrong with a request. */
export type FaultKind =
  /** Refused for now, as each service says it: SlowDown, ThrottlingException, RequestThrottled. */
  | "throttle"
  /** 500. */
  | "broken"
  /** Done, but the connection ends before the answer. */
  | "lost_answer"
  /** The connection ends in the middle of the answer. */
  | "cut_answer"
  /** BatchGetItem reads one key and leaves the rest; SendMessageBatch takes one entry and fails the rest. */
  | "partly"
  /** SendMessageBatch: each message is there twice. */
  | "duplicate"
  /** SendMessageBatch: each message comes 5 s late. */
  | "late"

export interface Fault {
  kind: FaultKind
  service: AwsService
  /** Any, when absent. */
  operation?: string
  /** How many requests it hits; 1 when absent. */
  times?: number
  /** Requests that pass before; 0 when absent. */
  after?: number
}

export interface Faults {
  add(fault: Fault): void
  /** The fault that hits this request, if one does. */
  next(service: AwsService, operation: string): FaultKind | undefined
  clear(): void
}

export function createFaults(): Faults {
  let waiting: { fault: Fault; after: number; times: number }[] = []
  return {
    add(fault) {
      waiting.push({ fault, after: fault.after ?? 0, times: fault.times ?? 1 })
    },
    next(service, operation) {
      const hit = waiting.find(
        ({ fault }) => fault.service === service && (fault.operation === undefined || fault.operation === operation),
      )
      if (hit === undefined) return undefined
      if (hit.after > 0) {
        hit.after--
        return undefined
      }
      hit.times--
      if (hit.times === 0) waiting = waiting.filter((entry) => entry !== hit)
      return hit.fault.kind
    },
    clear() {
      waiting = []
    },
  }
}

export interface Refusal {
  status: number
  type: string
  body: string
}

/** How a service refuses a request for now. */
export function refusalOf(service: AwsService, kind: "throttle" | "broken"): Refusal {
  if (service === "s3") {
    const code = kind === "throttle" ? "SlowDown" : "InternalError"
    return {
      status: kind === "throttle" ? 503 : 500,
      type: "application/xml",
      body: `<Error><Code>${code}</Code></Error>`,
    }
  }
  const throttled = service === "dynamodb" ? "ThrottlingException" : "RequestThrottled"
  const prefix = service === "dynamodb" ? "com.amazonaws.dynamodb.v20120810#" : "com.amazonaws.sqs#"
  const body = JSON.stringify({
    __type: prefix + (kind === "throttle" ? throttled : "InternalServerError"),
    message: "no",
  })
  return { status: kind === "throttle" ? 400 : 500, type: "application/x-amz-json-1.0", body }
}
