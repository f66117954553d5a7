import type { Clock } from "@postrider/core/ports/clock"
import { createIdleSessions } from "./idle-sessions.ts"
import { createInterrupt } from "./interrupt.ts"
import type { SmtpLimits } from "./limits.ts"
import type { OpenFailure, OpenRequest } from "./open-session.ts"
import type { Session } from "./session.ts"
import { createWaitingLine } from "./waiting-line.ts"

export interface Lease {
  session: Session
  /** It served another mail before. */
  reused: boolean
}

export interface PoolRequest extends OpenRequest {
  maxConnections: number
  /** Take no idle session. */
  fresh?: boolean
}

/** The connections of one route: few, reused while they are sound, and never after anything odd. */
export interface Pool {
  /** Waits for a free connection until the deadline. @throws Interruption when none came free. */
  acquire(request: PoolRequest): Promise<Lease | OpenFailure>
  /** Gives a session back. It is kept only when `sound`. */
  release(session: Session, sound: boolean): Promise<void>
  /** Nothing is open and nobody waits. */
  empty(): boolean
  /** Ends idle sessions now, the others when they are given back. */
  close(): Promise<void>
}

interface PoolOptions {
  clock: Clock
  limits: SmtpLimits
  open(request: OpenRequest): Promise<Session | OpenFailure>
}

const quitMs = 2_000

export function createPool({ clock, limits, open }: PoolOptions): Pool {
  const line = createWaitingLine()
  const idle = createIdleSessions(clock, limits.idleMs, (session) => void end(session))
  /** Open, opening, idle and leased. */
  let taken = 0
  /** Wants of `acquire` under way. */
  let wanted = 0
  let closing = false

  const free = (): void => {
    taken--
    line.next()
  }
  /** Its place is free when it is gone: servers count connections, not good intentions. */
  async function end(session: Session): Promise<void> {
    await session.quit(quitMs)
    free()
  }
  async function room(request: PoolRequest): Promise<void> {
    const oldest = idle.takeOldest()
    if (oldest !== undefined) return void end(oldest)
    const interrupt = createInterrupt(clock, request.deadline, request.signal)
    await line.wait(interrupt).finally(() => interrupt.end())
  }
  async function acquire(request: PoolRequest): Promise<Lease | OpenFailure> {
    for (;;) {
      const session = request.fresh === true ? undefined : idle.take(request.server)
      if (session !== undefined) return { session, reused: true }
      if (taken < request.maxConnections) break
      await room(request)
    }
    taken++
    const opened = await open(request).catch(giveBack)
    if (!("connection" in opened)) {
      free()
      return opened
    }
    opened.onEnd(() => {
      if (idle.remove(opened)) free()
    })
    return { session: opened, reused: false }
  }
  function giveBack(error: unknown): never {
    free()
    throw error
  }
  return {
    async acquire(request) {
      wanted++
      return acquire(request).finally(() => wanted--)
    },
    async release(session, sound) {
      if (!sound || !session.alive()) {
        session.destroy()
        return free()
      }
      if (closing || session.messages >= limits.maxMessages) return end(session)
      idle.add(session)
      line.next()
    },
    empty: () => taken === 0 && wanted === 0,
    async close() {
      closing = true
      await Promise.all(idle.takeAll().map(end))
    },
  }
}
