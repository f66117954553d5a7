import type { FaultClass, FaultStage, MailFault } from "@postrider/core/ports/mail-fault"
import { errorCode } from "./error-code.ts"
import { type FaultServer, isTlsError, tlsFault } from "./tls-fault.ts"

interface Row {
  class: FaultClass
  misconfigured?: boolean
  fix?: (server: string) => string
}

const rows: Record<string, Row> = {
  ENOTFOUND: { class: "dns", misconfigured: true, fix: (server) => `the name of ${server} does not exist; check host` },
  EAI_NONAME: {
    class: "dns",
    misconfigured: true,
    fix: (server) => `the name of ${server} does not exist; check host`,
  },
  EAI_NODATA: { class: "dns", misconfigured: true, fix: (server) => `${server} has no address; check host` },
  EAI_AGAIN: { class: "dns" },
  EAI_FAIL: { class: "dns" },
  ETIMEOUT: { class: "dns" },
  ESERVFAIL: { class: "dns" },
  ECONNREFUSED: { class: "connect", fix: (server) => `nothing answers on ${server}; check host and port` },
  EHOSTUNREACH: { class: "connect" },
  ENETUNREACH: { class: "connect" },
  EADDRNOTAVAIL: { class: "connect" },
  ECONNRESET: { class: "connect" },
  ECONNABORTED: { class: "connect" },
  EPIPE: { class: "connect" },
  ETIMEDOUT: { class: "timeout", fix: (server) => `${server} did not answer in time; check port and firewall` },
  ABORT_ERR: { class: "timeout" },
}

/** The fault behind an error of a socket, of DNS or of a TLS handshake (mail-rules F5). Never `auth`: a socket knows no passwords. Pure. */
export function socketFault(error: unknown, stage: FaultStage, server?: FaultServer): MailFault {
  if (isTlsError(error)) return tlsFault(error, stage === "starttls" ? stage : "tls", server)
  const code = errorCode(error)
  const row: Row = (code === null ? undefined : rows[code]) ?? { class: "connect" }
  return {
    class: row.class,
    stage,
    code,
    enhancedCode: null,
    response: null,
    fix: row.fix?.(server === undefined ? "the server" : `${server.host}:${server.port}`) ?? null,
    misconfigured: row.misconfigured === true,
  }
}

/** The server hung up before it said a word: over its limit of connections, as a rule (mail-rules F2), and never `auth`. */
export function closedBeforeGreeting(): MailFault {
  return {
    class: "too_many_connections",
    stage: "greeting",
    code: null,
    enhancedCode: null,
    response: null,
    fix: null,
    misconfigured: false,
  }
}
