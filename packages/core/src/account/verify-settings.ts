import type { MailServer } from "../ports/mail-server.ts"
import type { PortProbe } from "../ports/port-probe.ts"
import type { Ports } from "../ports/ports.ts"
import { findWorkingPort } from "./find-working-port.ts"
import { showTls, type VerifyAnswer, type VerifyCheck, type VerifySuggestion } from "./verify-answer.ts"
import { describeFault, startCheck } from "./verify-check.ts"
import { verifyIntake } from "./verify-intake.ts"
import type { VerifyTarget } from "./verify-target.ts"

export type VerifyPorts = Pick<Ports, "sender" | "reader" | "clock"> & { probe: PortProbe }

/** In all 25 s (mail-rules N3): what is left of it after the logins is for looking elsewhere. */
const loginMs = 17_000
const allMs = 24_000
/** A port that has not said in this time that it is the right one is not suggested. */
const probeMs = 6_000
const lookMs = 3000

interface Deadlines {
  login: number
  probe: number
}

/**
 * Tries settings: one login for each server, no mail, nothing changed on the server. Where a server cannot be reached as described, the
 * ports where it might be are looked at without a login. A password that was refused is not tried again at the same server.
 */
export async function verifySettings(ports: VerifyPorts, targets: readonly VerifyTarget[]): Promise<VerifyAnswer> {
  const now = ports.clock.now()
  const deadlines: Deadlines = { login: now + loginMs, probe: now + allMs }
  const groups = [...Map.groupBy(targets, sameLogin).values()]
  const results = (await Promise.all(groups.map((group) => verifyGroup(ports, group, deadlines)))).flat()
  const suggestion: VerifySuggestion = Object.assign({}, ...results.map((result) => result.suggestion))
  return {
    ok: results.every(({ given }) => given.ok),
    checks: [...results.map(({ given }) => given), ...results.flatMap(({ others }) => others)],
    ...(Object.keys(suggestion).length === 0 ? {} : { suggestion }),
  }
}

interface Result {
  given: VerifyCheck
  others: VerifyCheck[]
  suggestion: VerifySuggestion
}

/** Servers that would hear the same password, one after the other. */
async function verifyGroup(ports: VerifyPorts, group: VerifyTarget[], deadlines: Deadlines): Promise<Result[]> {
  const results: Result[] = []
  for (const target of group) {
    const refused = results.find(({ given }) => isRefusal(given))
    results.push(
      refused === undefined
        ? await verifyTarget(ports, target, deadlines)
        : { given: notRepeated(target, refused.given), others: [], suggestion: {} },
    )
  }
  return results
}

async function verifyTarget(ports: VerifyPorts, target: VerifyTarget, deadlines: Deadlines): Promise<Result> {
  const given = (await wrongProtocol(ports, target)) ?? (await login(ports, target, deadlines.login))
  if (given.ok || !mayBeElsewhere(given)) return { given, others: [], suggestion: {} }
  const deadline = Math.min(deadlines.probe, ports.clock.now() + probeMs)
  const { checks, best } = await findWorkingPort(ports.probe, target, deadline)
  if (best === null) return { given, others: checks, suggestion: {} }
  const how = best.security === "tls" ? "TLS" : "STARTTLS"
  const change = best.port === given.port ? "set" : `set port to ${best.port} and`
  const fix = `port ${best.port} answers with ${how}; ${change} security to ${best.security}`
  const suggestion = { [target.protocol]: { host: target.server.host, ...best } }
  return { given: { ...given, fix }, others: checks, suggestion }
}

/** A port of another protocol greets at once and then waits for ever: a look before the login tells it in a moment. */
async function wrongProtocol(ports: VerifyPorts, target: VerifyTarget): Promise<VerifyCheck | undefined> {
  const { protocol, server } = target
  const { host, port, security, tls } = server
  const deadline = ports.clock.now() + lookMs
  const { fault } = await ports.probe.probe({ protocol, host, port, security, tls, deadline })
  // Only what knows a cure is sure; a busy or odd greeting is for the login to judge.
  if (fault === null || fault.class !== "protocol" || fault.stage !== "greeting" || fault.fix === null) return undefined
  return describeFault(startCheck(target), fault)
}

async function login(ports: VerifyPorts, target: VerifyTarget, deadline: number): Promise<VerifyCheck> {
  const { protocol } = target
  if (protocol !== "smtp") return verifyIntake(ports, { ...target, protocol }, deadline)
  const found = await ports.sender.check(target.server, { mailFrom: target.mailFrom ?? "", deadline })
  const check = {
    ...startCheck(target),
    ok: found.ok,
    stage: found.stage,
    tls: showTls(found.tls),
    capabilities: [...found.capabilities],
    authenticated: found.authenticated,
    response: found.response,
  }
  return found.fault === null ? check : describeFault(check, found.fault)
}

/** Another port makes no difference to names, refusals, and servers that are busy. */
function mayBeElsewhere({ authenticated, class: faultClass, stage }: VerifyCheck): boolean {
  if (authenticated || !["connect", "tls", "greeting", "capability", "starttls"].includes(stage)) return false
  return faultClass !== null && !["auth", "oauth", "dns", "address_not_allowed", "throttled"].includes(faultClass)
}

const isRefusal = (check: VerifyCheck): boolean => check.class === "auth" || check.class === "oauth"

const notRepeated = (target: VerifyTarget, refused: VerifyCheck): VerifyCheck => ({
  ...startCheck(target),
  stage: "auth",
  class: refused.class,
  response: refused.response,
  fix: `port ${refused.port} refused these credentials; they were not tried again`,
})

const sameLogin = ({ protocol, server }: VerifyTarget): string =>
  JSON.stringify([protocol, server.host.toLowerCase(), secretOf(server)])

const secretOf = ({ credentials }: MailServer): (string | null)[] => {
  if (credentials === null) return [null]
  const secret = credentials.kind === "token" ? credentials.accessToken : credentials.password
  return [credentials.kind, credentials.username, secret]
}
