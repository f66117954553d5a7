import { RelayError } from "@postrider/core/error/relay-error"
import type { Once } from "@postrider/core/record/once"
import type { ApiContext, ApiDeps } from "../env.ts"
import { statusOf } from "../problem.ts"
import {
  type KeptResponse,
  openFacts,
  type RequestFacts,
  readAnswer,
  type StoredAnswer,
  sealFacts,
  storeAnswer,
} from "./stored-answer.ts"

const keepMs = 48 * 3_600_000
/** A request that ran longer was cut off; the next one takes its place. */
const runningMs = 120_000
const seedLength = 40

export interface IdempotentRequest {
  key: string
  /** The parsed body; equal JSON is the same request, whatever its spacing and order. */
  body: unknown
  /** Runs with the same `once` each time it is tried again, so that what an earlier try made is found. */
  run(once: Once): Promise<Response>
}

interface Claim {
  id: string
  v: number
  expiresAt: number
  facts: RequestFacts
}

const keptHeaders = ["content-type", "location", "etag"]

/** Runs a POST once for its Idempotency-Key: the same request again gets the stored answer. Kept: 2xx, and 503 as permission to run again. */
export async function withStoredAnswer(c: ApiContext, deps: ApiDeps, request: IdempotentRequest): Promise<Response> {
  const { ids, log } = deps.ports
  const id = `idem#${ids.digest(JSON.stringify([c.get("actor").keyId, c.req.path, request.key]))}`
  const fingerprint = ids.digest(canonical({ body: request.body, query: new URL(c.req.url).search }))
  const claimed = await claimRun(deps, id, fingerprint)
  if ("replay" in claimed) return replay(claimed.replay)
  let response: Response
  try {
    response = await request.run({ seed: claimed.facts.seed })
  } catch (error) {
    await letGo(deps, claimed, error).catch((cause: unknown) => log.warn("idempotency.not_released", {}, cause))
    throw error
  }
  const kept = await keptResponse(response)
  // It is done, and so the caller is told; a repeat finds what was made.
  await storeAnswer(deps, claimed, kept).catch((cause: unknown) => log.warn("idempotency.not_stored", {}, cause))
  return toResponse(kept, response.headers)
}

async function claimRun(deps: ApiDeps, id: string, fingerprint: string): Promise<Claim | { replay: KeptResponse }> {
  const { records, clock, ids } = deps.ports
  const now = clock.now()
  const expiresAt = now + keepMs
  const claim = (facts: RequestFacts) => {
    const request = sealFacts(deps, id, facts)
    const body: StoredAnswer = { request, state: "running", until: now + runningMs, answer: null }
    return { id, body, expiresAt }
  }
  const fresh = { fingerprint, seed: ids.token(seedLength) }
  const first = await records.put<StoredAnswer>(claim(fresh), { absent: true })
  if (first.won) return { id, v: first.v, expiresAt, facts: fresh }
  const { current } = first
  if (current === undefined) throw inProgress()
  const known = openFacts(deps, id, current.body.request)
  const same = known.fingerprint === fingerprint
  if (!same && current.body.state !== "loose") {
    throw new RelayError("idempotency_mismatch", "This Idempotency-Key was used for a request with another body.")
  }
  const answer = await readAnswer(deps, id, current.body)
  if (answer !== undefined) return { replay: answer }
  if (current.body.state === "running" && current.body.until > now) throw inProgress()
  const facts = same ? known : fresh
  const again = await records.put<StoredAnswer>(claim(facts), { version: current.v })
  if (!again.won) throw inProgress()
  return { id, v: again.v, expiresAt, facts }
}

/** After a refusal nothing was made and the key is free; after a fault something may have been, and the same request shall find it. */
async function letGo(deps: ApiDeps, { id, v, expiresAt, facts }: Claim, error: unknown): Promise<void> {
  const { records } = deps.ports
  const status = error instanceof RelayError ? statusOf(error.code) : 500
  if (status < 500) {
    await records.delete(id, { version: v })
    return
  }
  const state = status === 503 ? "open" : "loose"
  const body: StoredAnswer = { request: sealFacts(deps, id, facts), state, until: 0, answer: null }
  await records.put<StoredAnswer>({ id, body, expiresAt }, { version: v })
}

function inProgress(): RelayError {
  return new RelayError("idempotency_in_progress", "A request with this Idempotency-Key is still running.", {
    retryAfterMs: 1000,
  })
}

async function keptResponse(response: Response): Promise<KeptResponse> {
  const body = await response.text()
  const headers = Object.fromEntries(keptHeaders.flatMap((name) => headerEntry(response, name)))
  return { status: response.status, headers, body }
}

function headerEntry(response: Response, name: string): [string, string][] {
  const value = response.headers.get(name)
  return value === null ? [] : [[name, value]]
}

function replay(kept: KeptResponse): Response {
  return toResponse(kept, { ...kept.headers, "Idempotent-Replayed": "true" })
}

function toResponse(kept: KeptResponse, headers: Headers | Record<string, string>): Response {
  return new Response(kept.body === "" ? null : kept.body, { status: kept.status, headers })
}

/** JSON with members in order of their names, so that equal values give equal text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner !== "object" || inner === null || Array.isArray(inner)) return inner
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}
