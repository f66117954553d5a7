import type { Clock } from "@postrider/core/ports/clock"
import type { MailServer } from "@postrider/core/ports/mail-server"
import type { Session } from "./session.ts"
import { createTimer } from "./timer.ts"

export interface IdleSessions {
  add(session: Session): void
  /** The one that was used last, with these very settings. */
  take(server: MailServer): Session | undefined
  /** The one that has waited longest, whatever its settings. */
  takeOldest(): Session | undefined
  /** False when it is not here. */
  remove(session: Session): boolean
  takeAll(): Session[]
}

/** Sessions that wait for the next mail; `onExpiry` gets those that waited `idleMs` in vain, removed already. */
export function createIdleSessions(clock: Clock, idleMs: number, onExpiry: (session: Session) => void): IdleSessions {
  const stops = new Map<Session, () => void>()
  const remove = (session: Session): boolean => {
    stops.get(session)?.()
    return stops.delete(session)
  }
  const taken = (session: Session | undefined): Session | undefined => {
    if (session !== undefined) remove(session)
    return session
  }
  return {
    add(session) {
      const timer = createTimer(clock, () => {
        if (remove(session)) onExpiry(session)
      })
      stops.set(session, timer.stop)
      timer.arm(idleMs)
    },
    take: (server) => taken([...stops.keys()].findLast((each) => each.alive() && sameServer(each.server, server))),
    takeOldest: () => taken(stops.keys().next().value),
    remove,
    takeAll() {
      const all = [...stops.keys()]
      all.forEach(remove)
      return all
    },
  }
}

/** Settings may change under the same key: a connection of the old ones is not for the new ones. */
const sameServer = (one: MailServer, other: MailServer): boolean => JSON.stringify(one) === JSON.stringify(other)
