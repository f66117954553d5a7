import { queueNames } from "@postrider/core/job/job"
import type { Ports } from "@postrider/core/ports/ports"

/** Whether records can be written and every queue answers. Never throws: what went wrong is logged. */
export async function checkStore(
  ports: Pick<Ports, "records" | "jobs" | "clock" | "log">,
): Promise<{ ok: true } | { ok: false; detail: string }> {
  try {
    await ports.records.put({ id: "cfg#ready", body: { at: ports.clock.now() } })
    await Promise.all(queueNames.map((queue) => ports.jobs.depth(queue)))
    return { ok: true }
  } catch (error) {
    ports.log.error("ready.store_failed", {}, error)
    return { ok: false, detail: "the store does not take writes" }
  }
}
