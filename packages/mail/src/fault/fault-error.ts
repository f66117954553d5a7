import type { ErrorCode } from "@postrider/core/error/codes"
import { RelayError } from "@postrider/core/error/relay-error"
import type { FaultClass, MailFault } from "@postrider/core/ports/mail-fault"

const codes: Record<FaultClass, ErrorCode> = {
  auth: "provider/auth_failed",
  oauth: "provider/auth_failed",
  dns: "provider/unavailable",
  connect: "provider/unavailable",
  tls: "provider/tls",
  timeout: "provider/timeout",
  throttled: "provider/unavailable",
  too_many_connections: "provider/unavailable",
  protocol: "provider/protocol",
  address_not_allowed: "address_not_allowed",
}

const details: Record<FaultClass, string> = {
  auth: "The mail server refused the credentials.",
  oauth: "The mail server refused the access token.",
  dns: "The mail server's name could not be resolved.",
  connect: "The connection to the mail server failed.",
  tls: "No trusted TLS connection to the mail server.",
  timeout: "The mail server did not answer in time.",
  throttled: "The mail server asks to come back later.",
  too_many_connections: "The mail server takes no more connections.",
  protocol: "The mail server's answer was not understood.",
  address_not_allowed: "The mail server's address is not allowed.",
}

/** The RelayError that carries `fault` over the port; `cause` is the driver's own error. */
export function faultError(fault: MailFault, cause?: unknown): RelayError {
  return new RelayError(codes[fault.class], details[fault.class], {
    fault,
    ...(fault.fix === null ? {} : { fix: fault.fix }),
    ...(cause === undefined ? {} : { cause }),
  })
}
