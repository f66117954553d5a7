import type { MailFault } from "../ports/mail-fault.ts"
import type { MailServer } from "../ports/mail-server.ts"
import { fixOf } from "./fault-fix.ts"
import type { VerifyCheck } from "./verify-answer.ts"
import type { VerifyTarget } from "./verify-target.ts"

/** A check about which nothing is known yet. */
export const startCheck = ({
  protocol,
  server,
}: Pick<VerifyTarget, "protocol"> & { server: Pick<MailServer, "host" | "port" | "security"> }): VerifyCheck => ({
  protocol,
  host: server.host,
  port: server.port,
  security: server.security,
  ok: false,
  stage: "connect",
  tls: null,
  capabilities: [],
  authenticated: false,
  response: null,
  class: null,
  fix: null,
})

/** The check that ended with `fault`. */
export const describeFault = (check: VerifyCheck, fault: MailFault): VerifyCheck => ({
  ...check,
  ok: false,
  stage: fault.stage,
  response: fault.response,
  class: fault.class,
  fix: fixOf(fault),
})
