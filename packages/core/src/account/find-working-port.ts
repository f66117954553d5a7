import type { Security } from "../ports/mail-server.ts"
import type { MailProtocol, PortProbe, ProbeAnswer } from "../ports/port-probe.ts"
import { showTls, type VerifyCheck } from "./verify-answer.ts"
import { describeFault, startCheck } from "./verify-check.ts"
import type { VerifyTarget } from "./verify-target.ts"

interface Place {
  port: number
  security: Security
}

/** Where a protocol is usually found, best first (RFC 8314): TLS from the start, then STARTTLS. */
const usualPlaces: Record<MailProtocol, Place[]> = {
  smtp: [
    { port: 465, security: "tls" },
    { port: 587, security: "starttls" },
    { port: 2525, security: "starttls" },
  ],
  imap: [
    { port: 993, security: "tls" },
    { port: 143, security: "starttls" },
  ],
  pop3: [
    { port: 995, security: "tls" },
    { port: 110, security: "starttls" },
  ],
}

/**
 * Looks for a place that answers, without logging in: the port given with the other kinds of TLS, then the usual ones (mail-rules N3).
 * Never suggests a connection without TLS. Answers a check for each port tried.
 */
export async function findWorkingPort(
  probe: PortProbe,
  { protocol, server }: VerifyTarget,
  deadline: number,
): Promise<{ checks: VerifyCheck[]; best: Place | null }> {
  const places = otherPlaces(protocol, server)
  const answers = await Promise.all(
    places.map((place) => probe.probe({ protocol, host: server.host, tls: server.tls, deadline, ...place })),
  )
  const checks = places.map((place, at) => probeCheck({ protocol, server: { ...server, ...place } }, answers[at]))
  return { checks, best: places.find((_, at) => answers[at]?.ok === true) ?? null }
}

function otherPlaces(protocol: MailProtocol, given: Place): Place[] {
  const kinds = ["tls", "starttls"] as const
  const here = kinds.map((security) => ({ port: given.port, security }))
  const places = [...here, ...usualPlaces[protocol]]
  const isGiven = (place: Place) => place.port === given.port && place.security === given.security
  const first = (place: Place) =>
    places.findIndex((other) => other.port === place.port && other.security === place.security)
  return places.filter((place, at) => !isGiven(place) && first(place) === at)
}

function probeCheck(target: Pick<VerifyTarget, "protocol" | "server">, answer: ProbeAnswer | undefined): VerifyCheck {
  const check = { ...startCheck(target), tls: showTls(answer?.tls ?? null) }
  if (answer?.fault != null) return describeFault(check, answer.fault)
  return { ...check, ok: true, stage: "greeting", response: answer?.greeting ?? null }
}
