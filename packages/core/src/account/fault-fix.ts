import type { FaultClass, MailFault } from "../ports/mail-fault.ts"

const passes = "this passes by itself, and mail waits meanwhile"

const fixes: Record<FaultClass, string> = {
  auth: "check username and password; providers with two-step login ask for an app password",
  oauth: "check the access token, its scopes and username",
  dns: `the name server did not answer; ${passes}; if it lasts, check host`,
  connect: `the connection failed or broke off; ${passes}; if it lasts, check host and port, and that the server runs`,
  tls: "no trusted TLS connection came about; check port, security and the server's certificate",
  timeout: `the server did not answer in time; ${passes}; if it lasts, check host, port and security`,
  throttled: `the server asks to come back later; ${passes}; if it lasts, raise poll_seconds or lower limits`,
  too_many_connections: `the server takes no more connections just now; ${passes}; if it lasts, close other programs that use this mailbox, or let the server's owner allow more`,
  protocol:
    "the server answered what was not expected; check that host and port belong to this protocol, and read response",
  address_not_allowed: "use a public host on a usual port, or open its network with POSTRIDER_ALLOW_NETWORKS",
}

/** What to do about a fault, in one sentence: the driver's own words, else what holds for all faults of the class. */
export const fixOf = (fault: Pick<MailFault, "class" | "fix">): string => fault.fix ?? fixes[fault.class]
