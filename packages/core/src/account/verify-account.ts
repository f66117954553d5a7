import { RelayError } from "../error/relay-error.ts"
import type { Actor } from "../key/key.ts"
import type { MailServer } from "../ports/mail-server.ts"
import type { MailProtocol } from "../ports/port-probe.ts"
import type { Ports } from "../ports/ports.ts"
import { type AccountRecord, accountRecordId, type DeletePolicy, type PartName } from "./account.ts"
import type { AccountInput } from "./account-input.ts"
import { applySettings } from "./apply-settings.ts"
import { type AccountPorts, newAccount } from "./create-account.ts"
import { getAccount } from "./get-account.ts"
import { openServer, serverOf } from "./open-server.ts"
import { partNames } from "./part-status.ts"
import { prepareAccount } from "./prepare-account.ts"
import { keptSecrets } from "./split-secrets.ts"
import type { VerifyAnswer, VerifyCheck } from "./verify-answer.ts"
import { describeFault, startCheck } from "./verify-check.ts"
import { type VerifyPorts, verifySettings } from "./verify-settings.ts"
import type { VerifyTarget } from "./verify-target.ts"

/** Tries the servers of a stored account: one login each, no mail. @throws RelayError `not_found`. */
export async function verifyAccount(
  ports: VerifyPorts & Pick<Ports, "records" | "secrets">,
  actor: Actor,
  id: string,
): Promise<VerifyAnswer> {
  const { body } = await getAccount(ports, actor, id)
  return verifyParts(ports, body)
}

/**
 * Tries the servers of settings that are not stored. `id`: of the account they would replace, whose secrets stand in for absent
 * ones; null for a new one.
 * @throws RelayError for settings that could not be saved either.
 */
export async function verifyInput(
  ports: VerifyPorts & AccountPorts,
  actor: Actor,
  request: { id: string | null; input: AccountInput },
): Promise<VerifyAnswer> {
  const prepared = prepareAccount(request.input, ports.limits)
  const stands = request.id !== null && (await ports.records.get(accountRecordId(request.id))) !== undefined
  if (request.id !== null && stands) {
    const { body } = await getAccount(ports, actor, request.id)
    return verifyParts(ports, applySettings(ports, body, prepared))
  }
  keptSecrets({ before: null, after: prepared.settings, stored: {}, given: prepared.secrets })
  return verifyParts(ports, newAccount(ports, request.id ?? "verify", prepared))
}

/** @throws RelayError `verification_failed` with the checks, so that nothing is saved. */
export function requireVerified(answer: VerifyAnswer): void {
  if (answer.ok) return
  const failed = answer.checks.filter(({ ok }) => !ok)
  const detail = failed
    .map(({ protocol, host, port, stage }) => `${protocol} ${host}:${port} failed at ${stage}.`)
    .join(" ")
  const fix = failed.find((check) => check.fix !== null)?.fix
  throw new RelayError("verification_failed", detail, {
    ...(fix == null ? {} : { fix }),
    extra: { checks: answer.checks, ...(answer.suggestion === undefined ? {} : { suggestion: answer.suggestion }) },
  })
}

/** A part whose secret cannot be used fails without a try; the others are tried. */
async function verifyParts(ports: VerifyPorts & Pick<Ports, "secrets">, account: AccountRecord): Promise<VerifyAnswer> {
  const found = partNames(account.settings).map((part) => verifyTarget(ports, account, part))
  const targets = found.flatMap((one) => ("stage" in one ? [] : [one]))
  const unusable = found.flatMap((one) => ("stage" in one ? [one] : []))
  const answer = await verifySettings(ports, targets)
  return { ...answer, ok: answer.ok && unusable.length === 0, checks: [...unusable, ...answer.checks] }
}

function verifyTarget(
  ports: Pick<Ports, "secrets">,
  account: AccountRecord,
  part: PartName,
): VerifyTarget | VerifyCheck {
  const protocol: MailProtocol = part === "imap" || part === "pop3" ? part : "smtp"
  try {
    return targetOf(account, protocol, openServer(ports, account, part))
  } catch (error) {
    const fault = error instanceof RelayError ? error.options.fault : undefined
    const server = serverOf(account, part)
    if (fault === undefined || server === undefined) throw error
    return describeFault(startCheck({ protocol, server }), fault)
  }
}

function targetOf({ settings }: AccountRecord, protocol: MailProtocol, server: MailServer): VerifyTarget {
  const base = { protocol, server }
  if (protocol === "smtp") return { ...base, mailFrom: settings.return_path ?? settings.email }
  const policy = deletion(settings[protocol]?.delete ?? "never")
  if (settings.imap === null) return { ...base, delete: policy }
  return { ...base, delete: policy, mailboxes: settings.imap.mailboxes, moveTo: settings.imap.move_to }
}

function deletion(policy: DeletePolicy): "never" | "at_once" | "later" {
  if (policy === "never") return policy
  return policy === "after_store" ? "at_once" : "later"
}
