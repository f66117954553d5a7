import { createEventClock } from "@postrider/core/event/event-clock"
import { queueNames } from "@postrider/core/job/job"
import type { Clock } from "@postrider/core/ports/clock"
import type { Ports } from "@postrider/core/ports/ports"
import { createInFlight } from "@postrider/core/webhook/in-flight"
import { createMimeComposer } from "@postrider/mail/mime/compose"
import { createGate } from "@postrider/runtime/gate"
import { createIds } from "@postrider/runtime/ids"
import { runJob, type Worker } from "@postrider/runtime/run-job"
import { createSecretBox } from "@postrider/runtime/secret-box"
import { newTickMemory, tick } from "@postrider/runtime/tick"
import { type Mortality, mortalStores, ProcessDied, type Strike } from "../../support/mortal-stores.ts"
import { quietLogger } from "../../support/quiet-logger.ts"
import { unusedPort } from "../../support/unused-port.ts"
import { sharedParser } from "./parser.ts"
import { receiver, type World } from "./world.ts"

const minute = 60_000
const runMs = 15 * minute
const maxReceives = 20

/** One life of a process, composed as the server composes it. It may be struck at a call of its stores. */
export interface Life {
  ports: Ports
  worker: Worker
  mortality: Mortality
  /** How many calls were made before each answer of an SMTP server came. */
  dots: readonly number[]
  /** Runs the jobs whose time has come, one after the other, until there are none; answers how many ran. */
  work(): Promise<number>
  tick(): Promise<void>
}

let lives = 0

export function startLife(world: World, strike: Strike): Life {
  const { harness } = world
  const mortality = mortalStores(world.engine, strike)
  const { content, records, jobs, source } = mortality.stores
  const dots: number[] = []
  const alive = () => {
    if (mortality.dead) throw new ProcessDied()
  }
  // Nobody waits in these stories but for a store that comes back at once.
  const clock: Clock = { now: harness.now, sleep: async () => alive() }
  const ports: Ports = {
    content,
    records,
    jobs,
    sender: {
      ...world.sender,
      async send(request) {
        alive()
        const result = await world.sender.send(request)
        dots.push(mortality.calls)
        return result
      },
    },
    reader: {
      async open(options) {
        alive()
        return world.mailbox.reader.open(options)
      },
    },
    probe: unusedPort("probe"),
    composer: createMimeComposer(),
    parser: sharedParser,
    webhooks: receiver(world, alive),
    vet: async () => [{ address: "93.184.216.34", family: 4 }],
    clock,
    eventClock: createEventClock(clock, { lagMs: 0 }),
    ids: createIds({ clock }),
    secrets: createSecretBox([new Uint8Array(32)]),
    log: quietLogger,
    limits: {
      maxMessageBytes: 2_000_000,
      keepMessagesMs: null,
      keepEventsMs: 30 * 24 * 60 * minute,
      publicUrl: "https://relay.test",
      tickMs: 1000,
    },
  }
  const worker: Worker = {
    ports,
    gate: createGate(),
    inFlight: createInFlight(),
    processId: `process${++lives}`,
    soleOwner: world.soleOwner,
  }
  const memory = newTickMemory()

  async function workOnce(): Promise<number> {
    let ran = 0
    for (const queue of queueNames) {
      const options = { max: 1, waitMs: 0, visibilityMs: runMs + minute, maxReceives }
      for (const job of await source.receive(queue, options)) {
        const run = { body: job.body, receives: job.receives, deadline: clock.now() + runMs }
        const disposition = await runJob(worker, run)
        alive()
        await job.settle(disposition).catch((error: unknown) => {
          // As in the server: the job comes back when its visibility ends.
          if (mortality.dead) throw error
        })
        ran++
      }
    }
    return ran
  }

  return {
    ports,
    worker,
    mortality,
    dots,
    async work() {
      alive()
      let ran = 0
      for (let now = await workOnce(); now > 0; now = await workOnce()) ran += now
      return ran
    },
    async tick() {
      try {
        await tick(ports, memory)
      } catch (error) {
        // As in the server: the next tick makes up for it.
        if (mortality.dead) throw error
      }
    },
  }
}
