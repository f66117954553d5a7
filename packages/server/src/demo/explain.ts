import type { ApiCalls } from "./api-calls.ts"

/** Why an account brings no mail, in plain words, from what the API says of it. */
export async function accountTrouble(api: ApiCalls, id: string): Promise<string[]> {
  const account = await api.get(`/v1/accounts/${id}`)
  const error = account.last_error as {
    class: string
    code: string | null
    response: string | null
    fix: string | null
  } | null
  if (error === null || error === undefined) return [`Account ${id} is \`${account.state}\`, without an error.`]
  const words = error.response ?? error.code ?? ""
  return [
    `Account ${id} is \`${account.state}\`: ${error.class}, "${words}".`,
    ...(error.fix === null ? [] : [error.fix]),
  ]
}
