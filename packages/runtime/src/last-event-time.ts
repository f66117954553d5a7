import { newestEventTime } from "@postrider/core/event/newest-time"
import type { Ports } from "@postrider/core/ports/ports"
import { lastTickTime } from "./tick.ts"

/** A tick writes its time once a minute: readers may hold positions this much later. */
const unseenMs = 60_000

/**
 * Where the log of a store that one process owns must go on. Should the computer's clock have stepped back since the last process, new
 * events would else sort before positions that readers already hold, and be missed. A step by less than the time
 * since the last tick or event goes unnoticed.
 */
export async function lastEventTime(ports: Pick<Ports, "records" | "clock">): Promise<number> {
  const seen = Math.max(await lastTickTime(ports), await newestEventTime(ports))
  return seen > ports.clock.now() ? seen + unseenMs : seen
}
