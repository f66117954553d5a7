import { afterAll, describe, it } from "vitest"
import type { Moment } from "../support/mortal-stores.ts"
import type { EngineUnderTest } from "./engine-contract.ts"
import { outboundProtocols } from "./protocols/outbound-protocols.ts"
import { sharedParser } from "./protocols/parser.ts"
import { pollProtocols } from "./protocols/poll-protocols.ts"
import { settingProtocols } from "./protocols/setting-protocols.ts"
import { type Protocol, runUndisturbed, strikeEverywhere } from "./protocols/strike-everywhere.ts"
import { tickProtocols } from "./protocols/tick-protocols.ts"
import { verbProtocols } from "./protocols/verb-protocols.ts"
import { webhookProtocols } from "./protocols/webhook-protocols.ts"

/** The protocols of the data model, each a story that must come out right wherever it is struck. */
export const protocols: readonly Protocol[] = [
  ...outboundProtocols,
  ...verbProtocols,
  ...webhookProtocols,
  ...settingProtocols,
  ...pollProtocols,
  ...tickProtocols,
]

/** How a process may die; and what a store may do to a process that lives on. */
export const deaths: readonly Moment[] = ["before", "after"]
export const faults: readonly Moment[] = ["refused", "unanswered"]

const titles: Record<Moment, string> = {
  before: "the process dies before each call",
  after: "the process dies after each call",
  refused: "each call is refused once",
  unanswered: "each call is done and its answer lost",
}

/**
 * Registers every protocol, struck at each call in each of these ways.
 * @param strikes `costly`: every write costs a sync of the disk, so protocols that name a reason are left to the memory engine.
 */
export function registerProtocols(
  title: string,
  engine: EngineUnderTest,
  { moments, costly = false }: { moments: readonly Moment[]; costly?: boolean },
): void {
  const chosen = protocols.filter(({ memoryOnly }) => !costly || memoryOnly === undefined)
  describe(title, () => {
    afterAll(() => sharedParser.close())
    describe.each(chosen.map((protocol) => ({ name: protocol.name, protocol })))("$name", ({ protocol }) => {
      for (const moment of moments) {
        it(titles[moment], async ({ annotate }) => {
          const met = await strikeEverywhere(protocol, engine, moment)
          await annotate(`${met} calls struck`)
        })
      }
    })
  })
}

/** Registers every protocol, undisturbed, on an engine that is disorder enough. */
export function registerUndisturbed(title: string, engine: EngineUnderTest): void {
  describe(title, () => {
    afterAll(() => sharedParser.close())
    it.each(protocols.map((protocol) => ({ name: protocol.name, protocol })))("$name", ({ protocol }) =>
      runUndisturbed(protocol, engine),
    )
  })
}
