import { RelayError } from "@postrider/core/error/relay-error"
import { queueNames } from "@postrider/core/job/job"
import { expect } from "vitest"
import { type Moment, ProcessDied } from "../../support/mortal-stores.ts"
import type { EngineUnderTest } from "../engine-contract.ts"
import { expectWhole } from "./invariants.ts"
import type { Life } from "./life.ts"
import { createStage, minute, type Stage, type StageOptions } from "./stage.ts"

/** What came of the struck part of a protocol. */
export interface Outcome {
  /** `act` came to its end, so whoever asked for it has an answer. */
  answered: boolean
  /** The strike met a call. False when the protocol has fewer calls. */
  struck: boolean
  died: boolean
  /** The process died between the answer of an SMTP server and the record of it: the one moment that may cost a second copy. */
  lostDot: boolean
}

/** A protocol of the data model as a story: what went before, the part that is struck, how it is made up for, and what must hold. */
export interface Protocol {
  name: string
  options?: StageOptions
  /** Undisturbed. */
  prepare?(stage: Stage): Promise<void>
  /** Struck at each of its calls in turn. */
  act(life: Life, stage: Stage): Promise<void>
  /** What whoever got no answer does then; by default the same again. */
  repeat?(life: Life, stage: Stage): Promise<void>
  /** Undisturbed, when all jobs have run. */
  afterwards?(life: Life, stage: Stage): Promise<void>
  check(stage: Stage, outcome: Outcome): Promise<void>
  /** Why it is not run where every write costs a sync of the disk: what it adds does not hang on the engine. */
  memoryOnly?: string
  /** Calls it has at least; fewer means that the story does not do what it says. */
  atLeast: number
}

/** No story is this long: one that goes on for ever fails. */
const tooMany = 400

/** Runs the protocol with a strike at its first call, its second one, … until it ends without meeting the strike. Answers how many were met. */
export async function strikeEverywhere(protocol: Protocol, engine: EngineUnderTest, moment: Moment): Promise<number> {
  for (let n = 1; n < tooMany; n++) {
    const outcome = await runStruck(protocol, engine, { n, moment })
    if (outcome.struck) continue
    expect(n - 1, `${protocol.name}: calls met`).toBeGreaterThanOrEqual(protocol.atLeast)
    return n - 1
  }
  throw new Error(`${protocol.name} has no end`)
}

/** Runs the protocol once, with no strike at all. */
export async function runUndisturbed(protocol: Protocol, engine: EngineUnderTest): Promise<void> {
  await runStruck(protocol, engine, { n: 0, moment: "before" })
}

async function runStruck(
  protocol: Protocol,
  engine: EngineUnderTest,
  strike: { n: number; moment: Moment },
): Promise<Outcome> {
  const harness = await engine.open()
  try {
    const stage = createStage(harness, protocol.options)
    // As in the server, whose first tick is as old as itself.
    await stage.life().tick()
    await protocol.prepare?.(stage)
    await harness.catchUp()
    const first = stage.life(strike)
    const ended = await attempt(() => protocol.act(first, stage))
    first.mortality.disarm()
    const { dead } = first.mortality
    const answered = ended && !dead
    const next = dead ? stage.life() : first
    if (!answered) await (protocol.repeat ?? protocol.act)(next, stage)
    await passTime(stage, next)
    await protocol.afterwards?.(next, stage)
    await passTime(stage, next)
    const lostDot = strike.moment === "before" && dead && first.dots.includes(strike.n - 1)
    const outcome = { answered, struck: first.mortality.struck, died: dead, lostDot }
    await expectWhole(stage)
    await protocol.check(stage, outcome)
    return outcome
  } catch (error) {
    if (error instanceof Error) error.message = `[${strike.moment} call ${strike.n}] ${error.message}`
    throw error
  } finally {
    await harness.close()
  }
}

/** False where the strike cut it off. */
async function attempt(act: () => Promise<void>): Promise<boolean> {
  try {
    await act()
    return true
  } catch (error) {
    const cutOff = error instanceof ProcessDied || (error instanceof RelayError && error.options.internal === "struck")
    const told = error instanceof RelayError && error.code === "overloaded"
    if (cutOff || told) return false
    throw error
  }
}

const stepMs = 4 * minute
/** Longest wait of any story: a second look at an unknown outcome, with time to spare. */
const maxSteps = 120

/** Time passes, ticks tick and jobs run, until nothing waits for a time any more. */
export async function passTime(stage: Stage, life: Life): Promise<void> {
  await life.work()
  for (let steps = 0; steps < maxSteps; steps++) {
    await stage.harness.advance(stepMs)
    await life.tick()
    const ran = await life.work()
    if (ran === 0 && (await isQuiet(stage))) return
  }
}

async function isQuiet(stage: Stage): Promise<boolean> {
  for (const queue of queueNames) {
    const { waiting, delayed, running } = await stage.engine.jobs.depth(queue)
    if (waiting + delayed + running > 0) return false
  }
  const records = await stage.engine.records.getMany([...stage.written])
  return records.every((record) => record.index?.due === undefined)
}
