import { createAwsEngine } from "@postrider/engines/aws/engine"
import type { Engine } from "@postrider/engines/engine"
import type { EngineUnderTest } from "../contracts/engine-contract.ts"
import type { AwsProxy } from "./aws-proxy.ts"
import type { AwsStandIns } from "./aws-stand-ins.ts"
import { createManualClock } from "./manual-clock.ts"
import { createSeededIds } from "./seeded-ids.ts"

/** The engine over stand-ins, each case in a place of its own. Time of the engine and of the queues moves together. */
export function awsUnderTest(standIns: () => AwsStandIns, { lagMs = 0 }: { lagMs?: number } = {}): EngineUnderTest {
  return {
    lacks: {
      fair_groups:
        "SQS shares a queue fairly between groups by itself, and its stand-in does not: the driver names the group",
      sole_owner: "what another process holds comes again when its visibility ends",
    },
    async open() {
      const { proxy, advance, createPlace } = standIns()
      const clock = createManualClock()
      const place = await createPlace({ clock, ids: createSeededIds(clock) })
      proxy.lag(lagMs)
      const polls = createPollWatch(proxy)
      let engine = polls.watch(createAwsEngine(place))
      const move = async (ms: number) => {
        await polls.arrived()
        advance(ms)
        await clock.advance(ms)
      }
      return {
        get engine() {
          return engine
        },
        now: clock.now,
        advance: move,
        catchUp: () => (lagMs > 0 ? move(lagMs) : Promise.resolve()),
        async reopen() {
          await engine.close()
          engine = polls.watch(createAwsEngine(place))
        },
        async close() {
          await engine.close()
          proxy.heal()
        },
      }
    },
  }
}

/**
 * Time may move only after the polls that were begun have reached the queue: their waits begin there. And a poll that was cut short is
 * over only when the queue knows.
 */
function createPollWatch({ nextRequest, quiet }: Pick<AwsProxy, "nextRequest" | "quiet">) {
  const begun: Promise<unknown>[] = []
  return {
    arrived: async () => void (await Promise.all(begun.splice(0))),
    watch(engine: Engine): Engine {
      return {
        ...engine,
        source: {
          ...engine.source,
          async receive(queue, options) {
            const came = nextRequest("sqs ReceiveMessage")
            const receiving = engine.source.receive(queue, options)
            begun.push(Promise.race([came, receiving.catch(() => undefined)]))
            const jobs = await receiving
            if (options.signal?.aborted === true) await quiet("sqs ReceiveMessage")
            return jobs
          },
        },
      }
    },
  }
}
