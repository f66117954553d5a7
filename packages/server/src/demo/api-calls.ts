import { StepFailed } from "./step-failed.ts"

type Json = Record<string, unknown>

/** The demo's own HTTP client: the calls a reader could make with curl. Whatever is not a 2xx is a StepFailed. */
export interface ApiCalls {
  post(path: string, body: unknown): Promise<{ status: number; body: Json }>
  get(path: string): Promise<Json>
  bytes(url: string): Promise<Uint8Array>
}

const timeoutMs = 25_000

export function createApiCalls(base: string, key: string): ApiCalls {
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" }
  const ask = async (url: string, init: RequestInit = {}): Promise<Response> => {
    const step = `${init.method ?? "GET"} ${new URL(url).pathname}`
    const request = fetch(url, { ...init, headers, signal: AbortSignal.timeout(timeoutMs) })
    const response = await request.catch((error: unknown) => {
      throw new StepFailed({ step, seen: `no answer: ${wordsOf(error)}` })
    })
    if (!response.ok) throw await refusal(step, response)
    return response
  }
  return {
    async post(path, body) {
      const response = await ask(`${base}${path}`, { method: "POST", body: JSON.stringify(body) })
      return { status: response.status, body: (await response.json()) as Json }
    },
    get: async (path) => (await (await ask(`${base}${path}`)).json()) as Json,
    bytes: async (url) => new Uint8Array(await (await ask(url)).arrayBuffer()),
  }
}

async function refusal(step: string, response: Response): Promise<StepFailed> {
  const text = await response.text()
  const problem = response.headers.get("content-type")?.includes("json") ? (JSON.parse(text) as Json) : {}
  const fix = typeof problem.fix === "string" ? [problem.fix] : []
  return new StepFailed({ step, mark: String(response.status), seen: String(problem.detail ?? text) }, fix)
}

function wordsOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return cause instanceof Error ? cause.message : String(cause)
}
