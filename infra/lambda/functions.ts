/** Names of the functions, each a file of `functions/`. */
export const functionNames = ["api", "outbound-worker", "poll-worker", "webhook-worker", "tick", "bootstrap"] as const
export type FunctionName = (typeof functionNames)[number]

export const queueNames = ["outbound", "poll", "webhook"] as const
export type QueueName = (typeof queueNames)[number]

export interface FunctionPlan {
  memoryMb: number
  timeoutSeconds: number
  /** The queue that it consumes. */
  consumes?: QueueName
  /** Which of the secrets stand in its environment. */
  secrets: ("POSTRIDER_MASTER_KEY" | "POSTRIDER_ADMIN_KEY")[]
  /** The mail parser's worker thread lies beside the bundle. */
  parsesMail: boolean
  about: string
}

/**
 * Memory buys CPU on Lambda: 1,769 MB are one vCPU. The outbound worker's timeout is the longest there is, because a mail of 64 MiB takes eleven
 * minutes to a server that takes 100 kB/s, and is not begun where there is less time than that.
 */
export const functions: Record<FunctionName, FunctionPlan> = {
  api: {
    memoryMb: 1024,
    timeoutSeconds: 30,
    secrets: ["POSTRIDER_MASTER_KEY", "POSTRIDER_ADMIN_KEY"],
    parsesMail: true,
    about: "The HTTP API",
  },
  "outbound-worker": {
    memoryMb: 1536,
    timeoutSeconds: 900,
    consumes: "outbound",
    secrets: ["POSTRIDER_MASTER_KEY"],
    parsesMail: false,
    about: "Relays mail over SMTP",
  },
  "poll-worker": {
    memoryMb: 1536,
    timeoutSeconds: 300,
    consumes: "poll",
    secrets: ["POSTRIDER_MASTER_KEY"],
    parsesMail: true,
    about: "Polls mailboxes over IMAP and POP3",
  },
  "webhook-worker": {
    memoryMb: 512,
    timeoutSeconds: 120,
    consumes: "webhook",
    secrets: ["POSTRIDER_MASTER_KEY"],
    parsesMail: false,
    about: "Delivers events to endpoints",
  },
  tick: { memoryMb: 512, timeoutSeconds: 55, secrets: [], parsesMail: false, about: "Sends what is due, every minute" },
  bootstrap: {
    memoryMb: 512,
    timeoutSeconds: 60,
    secrets: ["POSTRIDER_MASTER_KEY"],
    parsesMail: false,
    about: "Marks and checks the store at each deployment",
  },
}

/** AWS asks for six times the function's timeout, so that a batch is not shown again while Lambda still tries to hand it over. */
export function visibilitySeconds(queue: QueueName): number {
  const consumer = Object.values(functions).find((plan) => plan.consumes === queue)
  return 6 * (consumer?.timeoutSeconds ?? 0)
}
