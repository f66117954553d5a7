import type { Clock } from "@postrider/core/ports/clock"
import type { MailServer } from "@postrider/core/ports/mail-server"
import { createInterrupt } from "./interrupt.ts"
import type { SmtpLimits } from "./limits.ts"
import type { OpenFailure, OpenRequest } from "./open-session.ts"
import type { Session } from "./session.ts"
import { createTimer } from "./timer.ts"

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
  /** Nothing open and nobody waiting. */
  empty(): boolean
  close(): Promise<void>
}

interface PoolOptions {
  clock: Clock
  limits: SmtpLimits
  open(request: OpenRequest): Promise<Session | OpenFailure>
}

const quitMs = 2_000

export function createPool({ clock, limits, open }: PoolOptions): Pool {
  const idle: { session: Session; stop: () => void }[] = []
  const waiters: (() => void)[] = []
  /** Open, opening and leased ones. */
  let taken = 0
  let closing = false

  const free = (): void => {
    taken--
    waiters.shift()?.()
  }
  function takeIdle(server: MailServer): Session | undefined {
    const index = idle.findLastIndex(({ session }) => session.alive() && sameServer(session.server, server))
    const [found] = index < 0 ? [] : idle.splice(index, 1)
    found?.stop()
    return found?.session
  }
  function discardIdle(): boolean {
    const oldest = idle.shift()
    if (oldest === undefined) return false
    oldest.stop()
    taken--
    void oldest.session.quit(quitMs)
    return true
  }
  async function room(request: PoolRequest): Promise<void> {
    if (taken < request.maxConnections || discardIdle()) return
    const interrupt = createInterrupt(clock, request.deadline, request.signal)
    let wake = (): void => {}
    const woken = new Promise<void>((resolve) => {
      wake = resolve
    })
    waiters.push(wake)
    try {
      await interrupt.race(woken)
    } catch (error) {
      const index = waiters.indexOf(wake)
      // Woken and interrupted at once: the turn goes to the next.
      if (index < 0) waiters.shift()?.()
      else waiters.splice(index, 1)
      throw error
    } finally {
      interrupt.end()
    }
  }
  function dropIdle(session: Session): boolean {
    const index = idle.findIndex((each) => each.session === session)
    if (index < 0) return false
    idle.splice(index, 1).forEach(({ stop }) => void stop())
    free()
    return true
  }
  function keep(session: Session): void {
    const timer = createTimer(clock, () => {
      if (dropIdle(session)) void session.quit(quitMs)
    })
    idle.push({ session, stop: timer.stop })
    timer.arm(limits.idleMs)
    waiters.shift()?.()
  }

  return {
    async acquire(request) {
      for (;;) {
        const session = request.fresh === true ? undefined : takeIdle(request.server)
        if (session !== undefined) return { session, reused: true }
        if (taken < request.maxConnections) break
        await room(request)
      }
      taken++
      const opened = await open(request)
      if (!("connection" in opened)) {
        free()
        return opened
      }
      opened.onEnd(() => void dropIdle(opened))
      return { session: opened, reused: false }
    },
    async release(session, sound) {
      const usable = sound && !closing && session.alive() && session.messages < limits.maxMessages
      if (usable) return keep(session)
      free()
      await (sound && session.alive() ? session.quit(quitMs) : session.destroy())
    },
    empty: () => taken === 0 && waiters.length === 0,
    async close() {
      closing = true
      const sessions = idle.splice(0)
      taken -= sessions.length
      await Promise.all(
        sessions.map(({ session, stop }) => {
          stop()
          return session.quit(quitMs)
        }),
      )
    },
  }
}

/** Settings may change under the same key: a connection of the old ones is not for the new ones. */
const sameServer = (one: MailServer, other: MailServer): boolean => JSON.stringify(one) === JSON.stringify(other)
