import { StepFailed } from "./step-failed.ts"

/** The demo's own HTTP client: the calls a reader could make with curl. */
export interface ApiCalls {
  post(path: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }>
  get(path: string): Promise<Record<string, unknown>>
  bytes(url: string): Promise<Uint8Array>
}

const timeoutMs = 25_000

export function createApiCalls(base: string, key: string): ApiCalls {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" }
  const ask = async (url: string, init: RequestInit): Promise<Response> => {
    const response = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(timeoutMs) })
    if (response.ok) return response
    const said = await response.text()
    throw new StepFailed(`${init.method ?? "GET"} ${new URL(url).pathname} answered ${response.status}`, [said])
  }
  return {
    async post(path, body) {
      const response = await ask(`${base}${path}`, { method: "POST", body: JSON.stringify(body) })
      return { status: response.status, body: (await response.json()) as Record<string, unknown> }
    },
    get: async (path) => (await (await ask(`${base}${path}`, {})).json()) as Record<string, unknown>,
    bytes: async (url) => new Uint8Array(await (await ask(url, {})).arrayBuffer()),
  }
}
