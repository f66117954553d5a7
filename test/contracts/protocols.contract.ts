import { afterAll, describe, it } from "vitest"
import type { EngineUnderTest } from "./engine-contract.ts"
import { outboundProtocols } from "./protocols/outbound-protocols.ts"
import { sharedParser } from "./protocols/parser.ts"
import { moments, type Protocol, strikeEverywhere } from "./protocols/strike-everywhere.ts"
import { verbProtocols } from "./protocols/verb-protocols.ts"

/** The protocols of the data model, each a story that must come out right wherever it is struck. */
export const protocols: readonly Protocol[] = [...outboundProtocols, ...verbProtocols]

const titles = {
  before: "the process dies before each call",
  after: "the process dies after each call",
  refused: "each call is refused once",
  unanswered: "each call is done and its answer lost",
} as const

/** Registers every protocol, struck at each call in each way. */
export function registerProtocols(title: string, engine: EngineUnderTest): void {
  describe(title, () => {
    afterAll(() => sharedParser.close())
    describe.each(protocols.map((protocol) => ({ ...protocol, protocol })))("$name", ({ protocol }) => {
      for (const moment of moments) {
        it(titles[moment], async ({ annotate }) => {
          const met = await strikeEverywhere(protocol, engine, moment)
          await annotate(`${met} calls struck`)
        })
      }
    })
  })
}
