import { promises as dns } from "node:dns"
import { isIP } from "node:net"
import { RelayError } from "@postrider/core/error/relay-error"
import type { Clock } from "@postrider/core/ports/clock"
import type { MailFault } from "@postrider/core/ports/mail-fault"
import type { NameResolver } from "@postrider/core/ports/name-resolver"

const timeoutMs = 10_000
/** The system's answers for a name that is not there, apart from a resolver that does not answer (EAI_AGAIN). */
const missing = new Set(["ENOTFOUND", "ENODATA", "EAI_NONAME", "EAI_NODATA"])

/** Reserved to be wrong (RFC 6761 section 6.4): no name server is asked. */
const neverExists = /(?:^|\.)invalid\.?$/i

/** Names by the system's resolver (so /etc/hosts counts), all addresses, within 10 s. */
export function createNameResolver(clock: Clock): NameResolver {
  return {
    async resolve(host, signal) {
      const family = isIP(host)
      if (family === 4 || family === 6) return [{ address: host, family }]
      if (neverExists.test(host)) throw dnsFault(host, Object.assign(new Error("reserved"), { code: "ENOTFOUND" }))
      const stop = new AbortController()
      try {
        const found = await Promise.race([
          dns.lookup(host, { all: true, verbatim: true }),
          clock
            .sleep(timeoutMs, signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]))
            .then(() => {
              throw Object.assign(new Error("no answer in time"), { code: "EAI_AGAIN" })
            }),
        ])
        return found.map(({ address, family: version }) => ({ address, family: version === 6 ? 6 : 4 }))
      } catch (error) {
        signal?.throwIfAborted()
        throw dnsFault(host, error)
      } finally {
        stop.abort()
      }
    },
  }
}

function dnsFault(host: string, cause: unknown): RelayError {
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : null
  const misconfigured = code !== null && missing.has(code)
  const fault: MailFault = {
    class: "dns",
    stage: "resolve",
    code,
    enhancedCode: null,
    response: null,
    fix: misconfigured
      ? `There is no host ${host}: check the spelling.`
      : "The name server did not answer; it is tried again.",
    misconfigured,
  }
  return new RelayError(
    "provider/unavailable",
    misconfigured ? `There is no host ${host}.` : `${host} could not be looked up.`,
    {
      fault,
      cause,
    },
  )
}
