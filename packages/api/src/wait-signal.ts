import type { ApiContext, ApiDeps } from "./env.ts"

/** Ends the wait of an answer: its caller left, or the process is stopping. */
export function waitSignal(c: ApiContext, { draining }: Pick<ApiDeps, "draining">): AbortSignal {
  return draining === undefined ? c.req.raw.signal : AbortSignal.any([c.req.raw.signal, draining])
}
