import { afterAll, describe, expect, it } from "vitest"
import type { EngineUnderTest } from "../../contracts/engine-contract.ts"
import { sharedParser } from "../../contracts/protocols/parser.ts"
import { strikeEverywhere } from "../../contracts/protocols/strike-everywhere.ts"
import { protocols } from "../../contracts/protocols.contract.ts"
import { brokenEngines } from "../../support/broken-engines.ts"
import { memory } from "../../support/engines-under-test.ts"
import type { Moment } from "../../support/mortal-stores.ts"

/** For each defect, how the name of a protocol begins that must notice it, and in which way it is struck. */
const noticed: Record<keyof typeof brokenEngines, [begin: string, moment: Moment]> = {
  "put ignores `absent`": ["Accept and Deliver: what", "after"],
  "put ignores the version": ["Deliver: two workers", "before"],
  "delete does nothing": ["Tick: everything due", "before"],
  "nothing is found by its due time": ["Accept: scheduled", "before"],
  "jobs are lost when sent": ["Accept and Deliver: what", "before"],
  "a job is gone once it is received": ["Accept and Deliver: what", "before"],
  "content is answered for and lost": ["Accept and Deliver: what", "before"],
}

afterAll(() => sharedParser.close())

describe("the protocols notice when", () => {
  for (const [defect, change] of Object.entries(brokenEngines)) {
    const [begin, moment] = noticed[defect as keyof typeof brokenEngines]
    it(`${defect}: "${begin}"`, async () => {
      const [protocol, ...others] = protocols.filter(({ name }) => name.startsWith(begin))
      if (protocol === undefined || others.length > 0) throw new Error(`not one protocol begins with ${begin}`)
      const engine: EngineUnderTest = {
        async open() {
          const harness = await memory.open()
          return { ...harness, engine: change(harness.engine) }
        },
      }
      // A failed expectation, not a story that ran into something else.
      await expect(strikeEverywhere(protocol, engine, moment)).rejects.toThrow(/^\[\w+ call \d+\]/)
    })
  }
})
