import { type Job, type JobType, queueOf } from "./job.ts"

const triggers = ["scheduled", "manual", "replay", "test"]

/** Reads a job off a queue. Undefined for an unknown type or shape, which goes to the dead letters instead of looping. */
export function parseJob(body: unknown): Job | undefined {
  if (!isObject(body) || !isJobType(body.type)) return undefined
  switch (body.type) {
    case "deliver_message.v1":
      return isText(body.message) ? { type: body.type, message: body.message } : undefined
    case "close_account.v1": {
      const { account, incarnation, after } = body
      if (!isText(account) || !isText(incarnation)) return undefined
      const job = { type: body.type, account, incarnation }
      return isText(after) ? { ...job, after } : job
    }
    case "wake_account.v1": {
      const { account, after } = body
      if (!isText(account)) return undefined
      return { type: body.type, account, ...(isText(after) ? { after } : {}) }
    }
    case "poll_accounts.v1": {
      const { host, accounts, asked } = body
      if (!isText(host) || !Array.isArray(accounts) || !accounts.every(isText)) return undefined
      return { type: body.type, host, accounts, ...(asked === true ? { asked } : {}) }
    }
    case "deliver_event.v1": {
      const { event, endpoint, attempt, trigger, body: text } = body
      if (!isText(event) || !isText(endpoint) || typeof attempt !== "number" || !isTrigger(trigger)) return undefined
      const job = { type: body.type, event, endpoint, attempt, trigger }
      return typeof text === "string" ? { ...job, body: text } : job
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== ""
}

function isJobType(value: unknown): value is JobType {
  return typeof value === "string" && Object.hasOwn(queueOf, value)
}

function isTrigger(value: unknown): value is "scheduled" | "manual" | "replay" | "test" {
  return typeof value === "string" && triggers.includes(value)
}
