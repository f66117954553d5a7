import type { QueueName } from "@postrider/core/job/job"

/** Messages remembered before those whose time is over are forgotten. */
const fewMessages = 1000

/** Receipt handles of the messages that this process holds: SQS knows a running message by its handle, others by its id. */
export interface HeldMessages {
  hold(queue: QueueName, id: string, held: { handle: string; until: number }): void
  handleOf(queue: QueueName, id: string): string | undefined
  release(queue: QueueName, id: string, handle: string): void
}

export function createHeldMessages(now: () => number): HeldMessages {
  const held = new Map<string, { handle: string; until: number }>()
  let forgetAt = fewMessages

  return {
    hold(queue, id, entry) {
      held.set(`${queue} ${id}`, entry)
      if (held.size > forgetAt) forget()
    },
    handleOf: (queue, id) => held.get(`${queue} ${id}`)?.handle,
    release(queue, id, handle) {
      const key = `${queue} ${id}`
      if (held.get(key)?.handle === handle) held.delete(key)
    },
  }

  function forget(): void {
    for (const [key, { until }] of held) if (until < now()) held.delete(key)
    forgetAt = Math.max(fewMessages, held.size * 2)
  }
}
