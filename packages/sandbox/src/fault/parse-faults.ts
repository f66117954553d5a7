import type { Fault, Protocol } from "./fault.ts"
import { stages } from "./fault.ts"
import { checkField, fieldStages, isFaultField } from "./fault-fields.ts"

/** Everything that is wrong with a set of faults, each with the path of the field. */
export class FaultSchemaError extends Error {
  override readonly name = "FaultSchemaError"
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ path, detail }) => `${path}: ${detail}`).join("; "))
    this.problems = problems
  }
}

export type Problem = { readonly path: string; readonly detail: string }
export type PlacedFault = { readonly protocol: Protocol; readonly fault: Fault }

/** More than anyone needs, few enough to look through at every command. */
const maxFaults = 200

/** Checks a document of faults against the closed list of fields. Throws FaultSchemaError. */
export function parseFaults(input: unknown): PlacedFault[] {
  const problems: Problem[] = []
  const placed: PlacedFault[] = []
  if (!isRecord(input))
    throw new FaultSchemaError([{ path: "$", detail: "expected an object with smtp, imap or pop3" }])
  for (const [protocol, value] of Object.entries(input)) {
    if (!isProtocol(protocol)) {
      problems.push({ path: protocol, detail: "unknown protocol; known: smtp, imap, pop3" })
      continue
    }
    const list = Array.isArray(value) ? value : [value]
    for (const [index, one] of list.entries()) {
      const path = Array.isArray(value) ? `${protocol}[${index}]` : protocol
      const found = checkFault(protocol, one, path)
      problems.push(...found)
      if (found.length === 0) placed.push({ protocol, fault: one })
    }
  }
  if (placed.length > maxFaults) problems.push({ path: "$", detail: `more than ${maxFaults} faults` })
  if (problems.length > 0) throw new FaultSchemaError(problems)
  return structuredClone(placed)
}

function checkFault(protocol: Protocol, fault: unknown, path: string): Problem[] {
  if (!isRecord(fault)) return [{ path, detail: "expected an object" }]
  const known: readonly string[] = stages[protocol]
  const { at } = fault
  if (typeof at !== "string" || !known.includes(at)) {
    return [{ path: `${path}.at`, detail: `expected one of ${known.join(", ")}` }]
  }
  const problems: Problem[] = []
  for (const [field, value] of Object.entries(fault)) {
    if (field === "at") continue
    const detail = checkFieldAt({ protocol, at, field, value })
    if (detail) problems.push({ path: `${path}.${field}`, detail })
  }
  return problems.length > 0 ? problems : checkWhole(fault, path)
}

function checkFieldAt(place: { protocol: Protocol; at: string; field: string; value: unknown }): string | undefined {
  if (!isFaultField(place.field)) return "unknown field"
  const allowed = fieldStages(place.field, place.protocol)
  if (allowed !== "any" && !allowed.includes(place.at)) {
    return allowed.length > 0 ? `only at ${allowed.join(", ")}` : `not a field of ${place.protocol} faults`
  }
  return checkField(place.field, place.protocol, place.value)
}

/** What only the fields together tell. */
function checkWhole(fault: Record<string, unknown>, path: string): Problem[] {
  const effects = Object.keys(fault).filter((field) => isFaultField(field) && fieldKind(field) === "effect")
  if (effects.length === 0)
    return [{ path, detail: "nothing would go wrong: give reply, drop, hang, delayMs or another effect" }]
  const standing = effects.filter((field) => field === "withhold" || field === "announce")
  if (standing.length > 0 && Object.keys(fault).length > standing.length + 1) {
    return [
      { path: `${path}.${standing[0]}`, detail: "holds for everybody until it is cleared: no other fields but at" },
    ]
  }
  return []
}

const filters = new Set(["times", "after", "user", "sender", "recipient", "mailbox", "uids", "every"])

function fieldKind(field: string): "filter" | "effect" {
  return filters.has(field) ? "filter" : "effect"
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function isProtocol(name: string): name is Protocol {
  return Object.hasOwn(stages, name)
}
