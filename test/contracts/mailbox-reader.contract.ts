import { describe, expect, test } from "vitest"
import { changeCases } from "./mailbox-reader/change-cases.ts"
import { failureCases } from "./mailbox-reader/failure-cases.ts"
import type { ReaderCase, ReaderHarness } from "./mailbox-reader/harness.ts"
import { readCases } from "./mailbox-reader/read-cases.ts"

/** What every driver of MailboxReader guarantees, over either protocol. */
export const readerCases: readonly ReaderCase[] = [...readCases, ...changeCases, ...failureCases]

export interface ReaderContractOptions {
  protocol: "imap" | "pop3"
  /** What the server of the harness can do beside delivering. */
  can: readonly ("remove" | "flags")[]
  /** A harness with an empty mailbox, for one case. */
  fresh(): Promise<ReaderHarness>
  /** Why the whole suite cannot run here, or null. */
  skip?: string | null
}

/** Registers the suite with vitest. */
export function mailboxReaderContract(title: string, options: ReaderContractOptions): void {
  const skip = options.skip ?? null
  describe.skipIf(skip !== null)(skip === null ? title : `${title} (${skip})`, () => {
    for (const one of readerCases) {
      if (!one.protocols.includes(options.protocol)) continue
      const lacking = (one.needs ?? []).filter((need) => !options.can.includes(need))
      const reason = lacking.length === 0 ? "" : ` [the server of this test cannot: ${lacking.join(", ")}]`
      test.skipIf(reason !== "")(`${one.name}${reason}`, async () => one.run(await options.fresh()))
    }
  })
}

/** The names of the cases that `fresh` fails, of those whose name matches `among`. For readers broken on purpose. */
export async function failingCases(
  options: Pick<ReaderContractOptions, "protocol" | "can" | "fresh">,
  among: RegExp,
): Promise<string[]> {
  const failed: string[] = []
  const cases = readerCases.filter((one) => one.protocols.includes(options.protocol) && among.test(one.name))
  expect(cases).not.toEqual([])
  for (const one of cases) {
    if ((one.needs ?? []).some((need) => !options.can.includes(need))) continue
    const harness = await options.fresh()
    await one.run(harness).catch(() => failed.push(one.name))
  }
  return failed
}
