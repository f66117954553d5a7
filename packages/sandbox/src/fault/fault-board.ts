import { matchesWildcards } from "../wildcard.ts"
import type { Fault, Faults, Protocol, Stage } from "./fault.ts"
import { parseFaults } from "./parse-faults.ts"

/** What a session knows at a stage; a fault with a filter strikes only where it matches. */
export type FaultContext = {
  readonly user?: string | undefined
  readonly sender?: string | undefined
  readonly recipient?: string | undefined
  readonly mailbox?: string | undefined
  readonly uids?: readonly number[] | undefined
  /** Whether bodies were asked for. Faults that change bodies wait for it. */
  readonly bodies?: boolean | undefined
}

export type FaultState = { readonly protocol: Protocol; readonly fault: Fault; readonly struck: number }

/** The faults in force. */
export type FaultBoard = {
  /** Replaces all faults. Throws FaultSchemaError with every reason, and changes nothing then. */
  set(faults: Faults): void
  clear(): void
  /** The faults in force and how often each has struck. */
  list(): FaultState[]
  /** The first fault for this chance, counted; undefined: nothing goes wrong. */
  take(protocol: Protocol, stage: Stage, context?: FaultContext): Fault | undefined
  /** Extensions that are to be withheld just now. */
  withheld(protocol: Protocol): ReadonlySet<string>
  /** Extensions that are to be told of besides the real ones. */
  announced(protocol: Protocol): readonly string[]
}

type Entry = { readonly protocol: Protocol; readonly fault: Fault; struck: number; passed: number }

export function createFaultBoard(): FaultBoard {
  let entries: Entry[] = []
  return {
    set(faults) {
      entries = parseFaults(faults).map(({ protocol, fault }) => ({ protocol, fault, struck: 0, passed: 0 }))
    },
    clear() {
      entries = []
    },
    list: () => entries.map(({ protocol, fault, struck }) => ({ protocol, fault, struck })),
    take(protocol, stage, context = {}) {
      for (const entry of entries) {
        const { fault } = entry
        if (entry.protocol !== protocol || fault.at !== stage || fault.withhold || fault.announce) continue
        if (entry.struck >= (fault.times ?? Number.POSITIVE_INFINITY) || !matches(fault, context)) continue
        entry.passed += 1
        if (entry.passed <= (fault.after ?? 0)) continue
        entry.struck += 1
        return fault
      }
      return undefined
    },
    withheld: (protocol) => new Set(standing(entries, protocol).flatMap((fault) => fault.withhold ?? [])),
    announced: (protocol) => standing(entries, protocol).flatMap((fault) => fault.announce ?? []),
  }
}

function standing(entries: readonly Entry[], protocol: Protocol): Fault[] {
  return entries.filter((entry) => entry.protocol === protocol).map(({ fault }) => fault)
}

function matches(fault: Fault, context: FaultContext): boolean {
  if (fault.user !== undefined && fault.user !== context.user) return false
  if (fault.mailbox !== undefined && fault.mailbox !== context.mailbox) return false
  if (!matchesPattern(fault.sender, context.sender) || !matchesPattern(fault.recipient, context.recipient)) return false
  if ((fault.uids || fault.every) && concerned(fault, context.uids ?? []).size === 0) return false
  return context.bodies !== false || !changesBodies(fault)
}

function changesBodies(fault: Fault): boolean {
  const { omit, nilBody, shortBy, longBy, endless, afterBytes, expunge } = fault
  return Boolean(omit === "bodies" || nilBody || shortBy || longBy || endless || afterBytes !== undefined || expunge)
}

function matchesPattern(pattern: string | undefined, address: string | undefined): boolean {
  if (pattern === undefined) return true
  if (address === undefined) return false
  return matchesWildcards(pattern.toLowerCase(), address.toLowerCase(), { "*": { stops: "" } })
}

/** The messages of one command that a fault concerns. */
export function concerned(fault: Fault, uids: readonly number[]): Set<number> {
  const { every } = fault
  const named = fault.uids ? uids.filter((uid) => fault.uids?.includes(uid)) : uids
  return new Set(every === undefined ? named : named.filter((_, index) => (index + 1) % every === 0))
}
