import { RelayError } from "@postrider/core/error/relay-error"
import type { FaultStage, MailFault } from "@postrider/core/ports/mail-fault"
import type { MailServer } from "@postrider/core/ports/mail-server"
import { Pop3Error } from "@postrider/pop3/pop3-error"
import { cleanResponse } from "../fault/clean-response.ts"
import { errorCode } from "../fault/error-code.ts"
import { faultError } from "../fault/fault-error.ts"
import { newFault } from "../fault/new-fault.ts"
import { closedBeforeGreeting, socketFault } from "../fault/socket-fault.ts"
import { starttlsMissingFault } from "../fault/tls-fault.ts"
import { loginFault } from "./login-fault.ts"
import { busyClass } from "./refusal-table.ts"

const tlsPort = 995

/** What the POP3 client threw, as an error that may cross the port. Anything else is a fault of ours and passes unchanged. */
export function pop3Failure(error: unknown, server: MailServer): unknown {
  if (!(error instanceof Pop3Error)) return error
  const fault = pop3Fault(error, server)
  if (error.code === "refused" && fault.class === "protocol") {
    return new RelayError("provider/refused", "The mail server refused.", {
      fault,
      cause: error,
      ...(fault.fix === null ? {} : { fix: fault.fix }),
    })
  }
  return faultError(fault, error)
}

/** Whether a refusal concerns the whole session, not the mail that was asked for. */
export const isBusy = (error: Pop3Error): boolean => busyClass(error.responseCode, error.response) !== null

export function pop3Fault(error: Pop3Error, server: MailServer): MailFault {
  const stage = stageOf(error, server)
  const response = cleanResponse(error.response)
  const said = { code: error.responseCode, response }
  switch (error.code) {
    case "connect":
      return socketFault(error.cause, stage, server)
    case "tls":
      // A cut connection is no matter of certificates, and comes out as class connect.
      return error.cause === undefined ? newFault("connect", stage) : socketFault(error.cause, stage, server)
    case "closed":
      if (stage === "greeting") return closedBeforeGreeting()
      return newFault(busyClass(error.responseCode, response) ?? "connect", stage, {
        ...said,
        code: said.code ?? errorCode(error.cause),
      })
    case "refused":
      return refusalFault(error, stage, server)
    case "timeout":
    case "aborted":
      return newFault("timeout", stage, {
        code: error.code === "aborted" ? (errorCode(error.cause) ?? "ABORT_ERR") : null,
      })
    case "starttls_missing":
      return { ...starttlsMissingFault(server, tlsPort), ...said }
    case "injection":
      return newFault("tls", "starttls", { code: "STLS_INJECTION", fix: injectionFix(server), misconfigured: true })
    case "limit":
    case "protocol":
    case "invalid_argument":
      return newFault("protocol", stage, {
        ...said,
        fix: error.code === "invalid_argument" ? "check username and password" : null,
      })
  }
}

function refusalFault(error: Pop3Error, stage: FaultStage, server: MailServer): MailFault {
  const said = { code: error.responseCode, response: cleanResponse(error.response) }
  const busy = busyClass(said.code, said.response)
  if (busy !== null) return newFault(busy, stage, said)
  // It did not even listen to who we are (mail-rules F2).
  if (stage === "greeting") return newFault("throttled", stage, said)
  if (stage === "auth") return loginFault(error, server)
  return newFault("protocol", stage, said)
}

const injectionFix = ({ port }: MailServer): string =>
  `port ${port} sent text between STLS and TLS, as an attacker would; use port ${tlsPort} with security tls`

const stages: Readonly<Record<string, FaultStage>> = {
  greeting: "greeting",
  CAPA: "capability",
  STLS: "starttls",
  USER: "auth",
  PASS: "auth",
  AUTH: "auth",
  UIDL: "list",
  LIST: "list",
  STAT: "list",
  TOP: "fetch",
  RETR: "fetch",
  DELE: "store",
  QUIT: "quit",
}

function stageOf({ stage, command }: Pop3Error, { security }: MailServer): FaultStage {
  if (stage === "tls") return security === "starttls" ? "starttls" : "tls"
  if (stage !== "command") return stage
  return (command === null ? undefined : stages[command]) ?? "connect"
}
