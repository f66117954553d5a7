import type { Clock } from "@postrider/core/ports/clock"
import { answersWithTls } from "./answers-with-tls.ts"

export interface SilentPort {
  address: string
  port: number
  /** Ends the wait: the greeting came, or the connection is over. */
  signal: AbortSignal
}

/** Greetings are held back for up to some 6 s against spammers; a login port has no reason to. */
const patienceMs = 5_000
const probeMs = 5_000
/** Whoever speaks before the greeting here is taken for a spammer, and may stay blocked (Postfix postscreen). */
const relayPort = 25

/**
 * Whether a port that keeps silent on a plain connection waits for a TLS handshake: asked after some seconds, on a connection of its
 * own. So a wrong `security` is known long before the time for the greeting is up. False once `signal` has aborted.
 */
export async function tlsBehindSilence(clock: Clock, { address, port, signal }: SilentPort): Promise<boolean> {
  if (port === relayPort) return false
  const silent = await clock.sleep(patienceMs, signal).then(
    () => true,
    () => false,
  )
  return silent && (await answersWithTls({ address, port, timeoutMs: probeMs })) && !signal.aborted
}
