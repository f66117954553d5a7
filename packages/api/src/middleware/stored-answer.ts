import type { NewRecord } from "@postrider/core/ports/record-store"
import type { ApiDeps } from "../env.ts"

/** Octets of a sealed answer that one record takes; it is ASCII. A longer one goes on in further records. */
const maxPieceBytes = 80_000

/** Body of `idem#<hash>`: the answer of a POST, sealed because it may show a key or secret once. */
export interface StoredAnswer {
  /** RequestFacts, sealed: requests hold passwords, and short ones could be guessed from a digest. */
  request: string
  /** `running`; `open`: the same request may run again; `loose`: any request may; `done`. */
  state: "running" | "open" | "loose" | "done"
  /** Milliseconds; while it runs. */
  until: number
  /** Sealed; null where it is not done, or in pieces. */
  answer: string | null
  /** Records `idem#<hash>#<run>.<n>` that hold the answer. */
  pieces?: { run: number; count: number }
}

export interface RequestFacts {
  fingerprint: string
  /** Of what the request makes, so that a repeat makes the same. */
  seed: string
}

export interface KeptResponse {
  status: number
  headers: Record<string, string>
  body: string
}

type Deps = Pick<ApiDeps, "ports">

export function sealFacts({ ports }: Deps, id: string, facts: RequestFacts): string {
  return ports.secrets.seal(JSON.stringify([facts.fingerprint, facts.seed]), `${id}:request`)
}

export function openFacts({ ports }: Deps, id: string, sealed: string): RequestFacts {
  const [fingerprint = "", seed = ""]: string[] = JSON.parse(ports.secrets.open(sealed, `${id}:request`))
  return { fingerprint, seed }
}

/** Writes an answer of any length, its pieces before the record that counts them. Does nothing where another run took over. */
export async function storeAnswer(
  deps: Deps,
  claim: { id: string; v: number; expiresAt: number; facts: RequestFacts },
  kept: KeptResponse,
): Promise<void> {
  const { id, v, expiresAt, facts } = claim
  const { records, secrets } = deps.ports
  const sealed = secrets.seal(JSON.stringify(kept), id)
  const body = { request: sealFacts(deps, id, facts), state: "done" as const, until: 0 }
  if (sealed.length <= maxPieceBytes) {
    await records.put<StoredAnswer>({ id, body: { ...body, answer: sealed }, expiresAt }, { version: v })
    return
  }
  const count = Math.ceil(sealed.length / maxPieceBytes)
  for (let at = 0; at < count; at++) {
    const piece = sealed.slice(at * maxPieceBytes, (at + 1) * maxPieceBytes)
    const record: NewRecord<string> = { id: pieceId(id, v, at), body: piece, expiresAt }
    await records.put(record)
  }
  const record = { id, body: { ...body, answer: null, pieces: { run: v, count } }, expiresAt }
  await records.put<StoredAnswer>(record, { version: v })
}

/** The answer that is stored; undefined where there is none. */
export async function readAnswer(deps: Deps, id: string, stored: StoredAnswer): Promise<KeptResponse | undefined> {
  if (stored.state !== "done") return undefined
  const sealed = stored.answer ?? (await joinPieces(deps, id, stored.pieces))
  return sealed === undefined ? undefined : JSON.parse(deps.ports.secrets.open(sealed, id))
}

async function joinPieces({ ports }: Deps, id: string, pieces: StoredAnswer["pieces"]): Promise<string | undefined> {
  if (pieces === undefined) return undefined
  const ids = Array.from({ length: pieces.count }, (_, at) => pieceId(id, pieces.run, at))
  const found = new Map((await ports.records.getMany<string>(ids)).map((record) => [record.id, record.body]))
  return found.size === pieces.count ? ids.map((one) => found.get(one)).join("") : undefined
}

const pieceId = (id: string, run: number, at: number): string => `${id}#${run}.${at}`
