import type { Actor } from "@postrider/core/key/key"
import type { Ports } from "@postrider/core/ports/ports"
import type { Context, Hono } from "hono"
import type { BodyLimits } from "./body/body-budget.ts"
import type { RequestBody, Spool } from "./body/request-body.ts"

/** What `/ready` shows: one entry for each thing that must work to accept and consume. */
export interface Readiness {
  ok: boolean
  checks: Record<string, { ok: boolean; detail?: string }>
}

/** All that the API is built from. */
export interface ApiDeps {
  ports: Ports
  limits: {
    /** Largest JSON body, octets. Raw mail is bounded by `ports.limits.maxMessageBytes`. */
    maxJsonBytes: number
    /** Octets of bodies kept at one time by all requests, in memory and in spools; 256 MiB and 2 GiB where absent. */
    maxBodyBytes?: BodyLimits
  }
  /** SHA-256, lower-case hex, of the keys that have scope `*` (POSTRIDER_ADMIN_KEY). */
  adminKeyHashes: readonly string[]
  ready(): Promise<Readiness>
  /** Aborted when the process is stopping: answers that wait for something come at once, with what there is. */
  draining?: AbortSignal
  /** Where bodies over 1 MiB wait while their request lasts; absent: in memory. */
  openSpool?(): Promise<Spool>
  /** Address of the caller, for keys with `allow_ips`. Where it is absent or answers null such keys are refused. */
  clientAddress?(c: Context): string | null
  /** When this store was made, RFC 3339: lists of messages look no further back. */
  createdAt: string
  /** Of the product, for the OpenAPI document. */
  version: string
}

export interface ApiEnv {
  Variables: {
    requestId: string
    actor: Actor
    /** Sets `body`. @throws RelayError `body_too_large`, `overloaded`. */
    readBody: () => Promise<void>
    /** The request's body, read within the limit of its class; never of a GET. */
    body: RequestBody
  }
}

export type ApiContext = Context<ApiEnv>
export type Api = Hono<ApiEnv>
