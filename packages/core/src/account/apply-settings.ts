import { RelayError } from "../error/relay-error.ts"
import type { Ports } from "../ports/ports.ts"
import { type AccountRecord, type AccountSettings, type PartName, type PartStatus, secretContext } from "./account.ts"
import { checkAccountSize } from "./check-account-size.ts"
import { intakePart, newPartStatus, partNames, partStatus } from "./part-status.ts"
import type { PreparedAccount } from "./prepare-account.ts"
import { serverPointer } from "./secret-pointer.ts"
import { type GivenSecrets, keptSecrets, serversOf } from "./split-secrets.ts"

/**
 * The record that new settings make of an account; the very same object when they change nothing.
 * @throws RelayError `secret_required`, `state_conflict` (history narrowed), `invalid_request` (too large).
 */
export function applySettings(
  ports: Pick<Ports, "secrets" | "clock">,
  current: AccountRecord,
  { settings, secrets }: PreparedAccount,
): AccountRecord {
  checkHistory(current.settings, settings)
  const kept = keptSecrets({ before: current.settings, after: settings, stored: current.secrets, given: secrets })
  const changed = changedSecrets(ports, current, secrets)
  const stored = Object.fromEntries(Object.entries(current.secrets).filter(([pointer]) => kept.has(pointer)))
  const gone = Object.keys(current.secrets).some((pointer) => !kept.has(pointer) && !secrets.has(pointer))
  const same = JSON.stringify(settings) === JSON.stringify(current.settings)
  if (same && changed.size === 0 && !gone) return current
  const sealed = { ...stored, ...seal(ports, current, { given: secrets, changed }) }
  checkAccountSize({ settings, secrets: sealed })
  return {
    ...current,
    settings,
    secrets: sealed,
    revision: current.revision + 1,
    updated_at: new Date(ports.clock.now()).toISOString(),
    intakeGeneration: current.intakeGeneration + (intakeKey(current.settings) === intakeKey(settings) ? 0 : 1),
    status: nextStatus(current, settings, changed),
  }
}

/** Seals the secrets of a body; null ones are left out. */
export function sealSecrets(
  ports: Pick<Ports, "secrets">,
  account: string,
  given: GivenSecrets,
): Record<string, string> {
  const sealed = [...given].flatMap(([pointer, plain]): [string, string][] =>
    plain === null ? [] : [[pointer, ports.secrets.seal(plain, secretContext(account, pointer))]],
  )
  return Object.fromEntries(sealed)
}

/** Given secrets that differ from what is stored. */
function changedSecrets(ports: Pick<Ports, "secrets">, current: AccountRecord, given: GivenSecrets): Set<string> {
  const differs = ([pointer, plain]: [string, string | null]): boolean => {
    const sealed = current.secrets[pointer]
    if (sealed === undefined || plain === null) return (sealed === undefined) !== (plain === null)
    return opened(ports, sealed, secretContext(current.id, pointer)) !== plain
  }
  return new Set([...given].filter(differs).map(([pointer]) => pointer))
}

/** Null where no key opens it any more: then any given one is a change, which mends it. */
function opened(ports: Pick<Ports, "secrets">, sealed: string, context: string): string | null {
  try {
    return ports.secrets.open(sealed, context)
  } catch {
    return null
  }
}

/** Changed ones anew, equal ones as they stand. */
function seal(
  ports: Pick<Ports, "secrets">,
  current: AccountRecord,
  { given, changed }: { given: GivenSecrets; changed: ReadonlySet<string> },
): Record<string, string> {
  const fresh = sealSecrets(ports, current.id, new Map([...given].filter(([pointer]) => changed.has(pointer))))
  const equal = [...given].flatMap(([pointer, plain]): [string, string][] => {
    const sealed = current.secrets[pointer]
    return plain === null || sealed === undefined || changed.has(pointer) ? [] : [[pointer, sealed]]
  })
  return { ...Object.fromEntries(equal), ...fresh }
}

/** A part whose server or credentials changed starts anew, at once (mail-rules F3); what was paused stays so. */
function nextStatus(
  current: AccountRecord,
  settings: AccountSettings,
  changed: ReadonlySet<string>,
): AccountRecord["status"] {
  const before = serversOf(current.settings)
  const after = serversOf(settings)
  const connection = (part: PartName, servers: typeof after): string => {
    const server = servers.get(part)
    return JSON.stringify([server?.host, server?.port, server?.security, server?.username, server?.oauth2, server?.tls])
  }
  const status: AccountRecord["status"] = {}
  for (const part of partNames(settings)) {
    const old = partStatus(current, part)
    const newSecret = [...changed].some((pointer) => pointer.startsWith(`${serverPointer(part)}/`))
    const anew = newSecret || connection(part, before) !== connection(part, after)
    status[part] = anew ? freshStatus(old) : old
  }
  return status
}

function freshStatus(old: PartStatus): PartStatus {
  return { ...newPartStatus(), paused: old.paused, announced: old.announced }
}

/** mail-rules A3. */
function intakeKey(settings: AccountSettings): string {
  const part = intakePart(settings)
  const intake = part === null ? null : settings[part]
  return JSON.stringify([part, intake?.host, intake?.port, intake?.username])
}

/** mail-rules C2: mail that was let go cannot be unlet, and narrowing would hide which was. */
function checkHistory(before: AccountSettings, after: AccountSettings): void {
  const part = intakePart(after)
  if (part === null || intakeKey(before) !== intakeKey(after)) return
  const was = before[part]?.history
  const is = after[part]?.history
  if (was === undefined || is === undefined || reach(is) >= reach(was)) return
  throw new RelayError("state_conflict", `history can only be widened; it is ${was}.`, {
    fix: "Keep it, or set an earlier date or `all`.",
    errors: [{ pointer: `/${part}/history`, code: "out_of_range", detail: `${part}.history can only be widened.` }],
    extra: { current: was, allowed: ["all", "an earlier date"] },
  })
}

/** How far back it goes, as a number that grows with it. */
function reach(history: string): number {
  if (history === "all") return Number.POSITIVE_INFINITY
  return history === "new" ? Number.NEGATIVE_INFINITY : -Date.parse(history)
}
