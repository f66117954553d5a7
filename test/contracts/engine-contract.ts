import type { Engine } from "@postrider/engines/engine"
import { describe, it } from "vitest"

/** What not every engine can do. */
export type Capability = "reopen" | "sole_owner" | "fair_groups" | "bounded_memory"

/** A fresh engine of its own for one case. */
export interface EngineHarness {
  /** The engine as of now; another one after `reopen`. */
  readonly engine: Engine
  now(): number
  /** Moves the engine's time on. */
  advance(ms: number): Promise<void>
  /** Resolves once queries show every write made so far. */
  catchUp(): Promise<void>
  /** Closes the engine and opens it again over the same data. */
  reopen(): Promise<void>
  close(): Promise<void>
}

export interface EngineUnderTest {
  open(): Promise<EngineHarness>
  /** Capabilities that are missing, each with the reason. */
  lacks?: Partial<Record<Capability, string>>
  /** Why there is none to test with here: then every case is skipped. */
  missing?: string
}

/** A guarantee of a port, as data, so that it can be tried on drivers that must fail it. Rejects when it does not hold. */
export interface ContractCase {
  name: string
  needs?: Capability
  run(harness: EngineHarness): Promise<void>
}

/** Runs one case on an engine of its own. */
export async function runCase(contractCase: ContractCase, engine: EngineUnderTest): Promise<void> {
  const harness = await engine.open()
  try {
    await contractCase.run(harness)
  } finally {
    await harness.close()
  }
}

/** Registers every case as a test; cases that need what the engine lacks are skipped with its reason. */
export function registerContract(title: string, cases: readonly ContractCase[], engine: EngineUnderTest): void {
  describe(title, () => {
    for (const contractCase of cases) {
      const reason = engine.missing ?? (contractCase.needs && engine.lacks?.[contractCase.needs])
      it(contractCase.name, async (context) => {
        if (reason !== undefined) context.skip(reason)
        await runCase(contractCase, engine)
      })
    }
  })
}
