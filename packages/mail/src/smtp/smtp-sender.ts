import type { Clock } from "@postrider/core/ports/clock"
import type { Logger } from "@postrider/core/ports/logger"
import type { MailSender, SendRequest, SendResult } from "@postrider/core/ports/mail-sender"
import type { VetAddress } from "@postrider/core/ports/mail-server"
import { checkServer } from "./check-server.ts"
import { checkRequest } from "./envelope.ts"
import { Interruption } from "./interrupt.ts"
import { defaultLimits, type SmtpLimits } from "./limits.ts"
import { type OpenFailure, openSession } from "./open-session.ts"
import { createPool, type Lease, type Pool } from "./pool.ts"
import { noTime, notOpened, transacted, unsupported } from "./send-result.ts"
import type { Session } from "./session.ts"
import { runTransaction, type Transaction } from "./transaction.ts"

export interface SmtpSenderOptions {
  vet: VetAddress
  clock: Clock
  /** Name said in EHLO; the machine's by default. */
  hostname?: string
  log?: Logger
  /** Other than `defaultLimits`. */
  limits?: Partial<SmtpLimits>
}

type Result = Omit<SendResult, "durationMs">

/**
 * MailSender over SMTP (RFC 5321, 3207, 4954, 1870, 6152, 6531, 3461). Addresses are dialled as vetted; TLS and login happen as the settings
 * say or not at all. `send` throws only what the request's own `body` threw, and `internal` for a request that must not exist.
 */
export function createSmtpSender(options: SmtpSenderOptions): MailSender {
  const { clock, log } = options
  const limits = { ...defaultLimits, ...options.limits }
  const session = { ...options, limits }
  const pools = new Map<string, Pool>()
  const settling = new Set<Promise<void>>()

  function poolOf(key: string): Pool {
    for (const [each, pool] of pools) if (pool.empty()) pools.delete(each)
    const pool = pools.get(key) ?? createPool({ clock, limits, open: (request) => openSession(request, session) })
    pools.set(key, pool)
    return pool
  }

  async function attempt(request: SendRequest, fresh: boolean): Promise<Result> {
    const pool = poolOf(request.poolKey)
    const lease = await acquire(pool, request, fresh)
    if (lease === null) return noTime(request, null)
    if ("fault" in lease) return notOpened(request, lease)
    const transaction = await useSession(lease, request)
    if ("recipients" in transaction) {
      await pool.release(lease.session, true)
      return transaction
    }
    const settled = settle(pool, lease.session, transaction).finally(() => settling.delete(settled))
    settling.add(settled)
    if (transaction.bodyFailure !== null) throw transaction.bodyFailure.error
    if (!fresh && ((lease.reused && wasStale(transaction)) || outOfSequence(transaction))) return attempt(request, true)
    return transacted(request, lease.session, transaction)
  }

  /** Answers before MAIL where the mail cannot go this way. */
  async function useSession(lease: Lease, request: SendRequest): Promise<Transaction | Result> {
    const refused = unsupported(request, lease.session)
    if (refused !== undefined) return refused
    const needed = limits.startReserveMs + (request.size / limits.bytesPerSecond) * 1000
    if (request.deadline - clock.now() < needed) return noTime(request, lease.session)
    return runTransaction(lease.session, request, { clock, limits })
  }

  /** A transaction that was refused half way is ended before the connection serves another mail. */
  async function settle(pool: Pool, used: Session, transaction: Transaction): Promise<void> {
    const over = transaction.clean && (transaction.stage === "dot" || (await resets(used)))
    await pool.release(used, over)
  }

  async function resets(used: Session): Promise<boolean> {
    const signal = AbortSignal.timeout(resetMs)
    const expire = (): void => used.destroy()
    signal.addEventListener("abort", expire, { once: true })
    const reply = await used.command("RSET")
    signal.removeEventListener("abort", expire)
    return reply !== null && reply.code >= 200 && reply.code < 300
  }

  return {
    async send(request) {
      checkRequest(request)
      const startedAt = clock.now()
      const result = await attempt(request, false)
      const durationMs = clock.now() - startedAt
      log?.debug("smtp.sent", { host: request.server.host, stage: result.stage, code: result.reply?.code, durationMs })
      return { ...result, durationMs }
    },
    check: (server, { mailFrom, deadline }) => checkServer({ server, mailFrom, deadline }, session),
    async close() {
      await Promise.all([...settling, ...[...pools.values()].map((pool) => pool.close())])
      pools.clear()
    },
  }
}

const resetMs = 10_000

/** Null when no connection came free in time. */
async function acquire(pool: Pool, request: SendRequest, fresh: boolean): Promise<Lease | OpenFailure | null> {
  const { server, deadline, signal, maxConnections } = request
  try {
    return await pool.acquire({ server, deadline, maxConnections, fresh, ...(signal === undefined ? {} : { signal }) })
  } catch (error) {
    if (error instanceof Interruption) return null
    throw error
  }
}

/** The server had ended the idle connection before it saw MAIL, or says so now: no attempt is lost by that. */
function wasStale({ stage, interrupted, end }: Transaction): boolean {
  return stage === "mail" && interrupted === null && (end === null || end.code === 421)
}

/** 503 after a clean EHLO: the session is in a state we do not know of, a new one may not be (mail-rules I6). Nothing was accepted. */
function outOfSequence({ stage, end }: Transaction): boolean {
  return (stage === "mail" || stage === "rcpt" || stage === "data") && end?.code === 503
}
