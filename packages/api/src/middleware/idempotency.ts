import { RelayError } from "@postrider/core/error/relay-error"
import type { ApiContext, ApiDeps } from "../env.ts"
import { statusOf } from "../problem.ts"

const keepMs = 48 * 3_600_000
/** A request that ran longer was cut off; the next one takes its place. */
const runningMs = 120_000
/** A larger answer is not kept; its repeat runs again. */
const maxAnswerBytes = 80_000

/** Body of `idem#<hash>`: the answer of a POST, sealed because it may show a key or secret once. */
interface StoredAnswer {
  /** Digest of the request, sealed too: requests hold passwords, and short ones could be guessed from a digest. */
  fingerprint: string
  state: "running" | "open" | "done"
  /** Milliseconds; while it runs. */
  until: number
  sealed: string | null
}

interface KeptResponse {
  status: number
  headers: Record<string, string>
  body: string
}

export interface IdempotentRequest {
  key: string
  /** The parsed body; equal JSON is the same request, whatever its spacing and order. */
  body: unknown
}

const keptHeaders = ["content-type", "location", "etag"]

/** Runs a POST once for its Idempotency-Key: the same request again gets the stored answer. Kept: 2xx, and 503 as permission to run again. */
export async function withStoredAnswer(
  c: ApiContext,
  deps: ApiDeps,
  request: IdempotentRequest & { run: () => Promise<Response> },
): Promise<Response> {
  const { records, ids } = deps.ports
  const id = `idem#${ids.digest(JSON.stringify([c.get("actor").keyId, c.req.path, request.key]))}`
  const fingerprint = ids.digest(canonical({ body: request.body, query: new URL(c.req.url).search }))
  const claim = await claimRun(deps, id, fingerprint)
  if (claim.replay !== undefined) return replay(claim.replay)
  let response: Response
  try {
    response = await request.run()
  } catch (error) {
    if (error instanceof RelayError && statusOf(error.code) === 503)
      await write(deps, { id, v: claim.v }, { fingerprint, state: "open" })
    else await records.delete(id, { version: claim.v })
    throw error
  }
  const kept = await keptResponse(response)
  if (kept.text.length > maxAnswerBytes) await records.delete(id, { version: claim.v })
  else
    await write(
      deps,
      { id, v: claim.v },
      { fingerprint, state: "done", sealed: deps.ports.secrets.seal(kept.text, id) },
    )
  return kept.response
}

async function claimRun(deps: ApiDeps, id: string, fingerprint: string): Promise<{ v: number; replay?: KeptResponse }> {
  const { records, clock, secrets } = deps.ports
  const now = clock.now()
  const sealedPrint = secrets.seal(fingerprint, printContext(id))
  const body: StoredAnswer = { fingerprint: sealedPrint, state: "running", until: now + runningMs, sealed: null }
  const record = { id, body, expiresAt: now + keepMs }
  const first = await records.put<StoredAnswer>(record, { absent: true })
  if (first.won) return { v: first.v }
  const current = first.current
  if (current === undefined) throw inProgress()
  if (secrets.open(current.body.fingerprint, printContext(id)) !== fingerprint) {
    throw new RelayError("idempotency_mismatch", "This Idempotency-Key was used for a request with another body.")
  }
  if (current.body.state === "done" && current.body.sealed !== null) {
    return { v: current.v, replay: JSON.parse(secrets.open(current.body.sealed, id)) }
  }
  if (current.body.state === "running" && current.body.until > now) throw inProgress()
  const again = await records.put<StoredAnswer>(record, { version: current.v })
  if (!again.won) throw inProgress()
  return { v: again.v }
}

const printContext = (id: string): string => `${id}:request`

function inProgress(): RelayError {
  return new RelayError("idempotency_in_progress", "A request with this Idempotency-Key is still running.", {
    retryAfterMs: 1000,
  })
}

async function write(
  deps: ApiDeps,
  claim: { id: string; v: number },
  answer: { fingerprint: string; state: "open" | "done"; sealed?: string },
): Promise<void> {
  const fingerprint = deps.ports.secrets.seal(answer.fingerprint, printContext(claim.id))
  const body: StoredAnswer = { sealed: null, ...answer, fingerprint, until: 0 }
  const expiresAt = deps.ports.clock.now() + keepMs
  await deps.ports.records.put({ id: claim.id, body, expiresAt }, { version: claim.v })
}

async function keptResponse(response: Response): Promise<{ text: string; response: Response }> {
  const body = await response.text()
  const headers = Object.fromEntries(keptHeaders.flatMap((name) => headerEntry(response, name)))
  const kept: KeptResponse = { status: response.status, headers, body }
  return { text: JSON.stringify(kept), response: toResponse(kept, response.headers) }
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
