import type { ApiCalls } from "./api-calls.ts"

interface ShownIntake {
  host: string
  port: number
  state: string
  last_error: { class: string; code: string | null; response: string | null; fix: string | null } | null
  consecutive_failures: number
  next_poll_at: string | null
}

/** Why an account brings no mail, in plain words, from what the API says of it. */
export async function accountTrouble(api: ApiCalls, id: string, source: "imap" | "pop3"): Promise<string[]> {
  const intake = (await api.get(`/v1/accounts/${id}`))[source] as ShownIntake
  const { state, last_error: error, consecutive_failures: tries } = intake
  if (error === null) return [`Account ${id} is \`${state}\`, without an error.`]
  const words = error.response ?? `${error.code ?? "no answer"} ${intake.host}:${intake.port}`
  const next = intake.next_poll_at === null ? "no next one" : `next in ${secondsUntil(intake.next_poll_at)} s`
  return [
    `Account ${id} is \`${state}\`: ${error.class}, "${words}", ${tries} ${tries === 1 ? "try" : "tries"}, ${next}.`,
    ...(error.fix === null ? [] : [error.fix]),
  ]
}

/** Why a message was not sent, likewise. */
export async function messageTrouble(api: ApiCalls, id: string): Promise<string[]> {
  const message = await api.get(`/v1/messages/${id}`)
  const recipients = message.recipients as { address: string; status: string; response: string | null }[]
  return [
    `Message ${id} is \`${message.status}\`.`,
    ...recipients.map(({ address, status, response }) => `${address} is \`${status}\`: ${response ?? "no answer yet"}`),
  ]
}

function secondsUntil(time: string): number {
  return Math.max(Math.round((Date.parse(time) - Date.now()) / 1000), 0)
}
