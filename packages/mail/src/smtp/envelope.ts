import { RelayError } from "@postrider/core/error/relay-error"
import type { SendRequest } from "@postrider/core/ports/mail-sender"
import type { SMTPEnvelope, SMTPEnvelopeDsn } from "nodemailer/lib/smtp-connection"
import type { EhloOffers } from "./offers.ts"

/** The envelope with the parameters that the server offered, and no others (mail-rules H1, H3). */
export function createEnvelope(request: SendRequest, ehlo: EhloOffers): SMTPEnvelope {
  return {
    from: request.mailFrom === "" ? false : request.mailFrom,
    to: request.recipients.map((recipient) => recipient.address),
    use8BitMime: request.eightBit,
    ...(ehlo.sizeParameter ? { size: request.size } : {}),
    ...(ehlo.offers.dsn ? { dsn: dsnParameters(request) } : {}),
  }
}

/** RFC 3461. ORCPT only with one recipient, because nodemailer repeats it; an address beyond ASCII would need RFC 6533's form. */
function dsnParameters({ dsn, recipients }: SendRequest): SMTPEnvelopeDsn {
  const notify = recipients[0]?.notify
  const only = recipients.length === 1 ? recipients[0]?.address : undefined
  return {
    ret: dsn.ret === "hdrs" ? "HDRS" : "FULL",
    envid: dsn.envid,
    ...(notify === undefined || notify.length === 0 ? {} : { notify: notify.map((each) => each.toUpperCase()) }),
    ...(only === undefined || !isAscii(only) ? {} : { orcpt: `rfc822;${only}` }),
  }
}

/** What the caller must have seen to. @throws RelayError `internal` */
export function checkRequest({ mailFrom, recipients }: SendRequest): void {
  checkPath(mailFrom)
  for (const { address } of recipients) checkPath(address)
  if (recipients.length === 0 || recipients.some(({ address }) => address === "")) {
    throw new RelayError("internal", "A mail must have recipients.")
  }
  const wishes = new Set(recipients.map((recipient) => [...(recipient.notify ?? [])].sort().join()))
  if (wishes.size > 1) {
    throw new RelayError("internal", "Recipients of one transaction ask for different notices.", {
      internal: "differing NOTIFY: one recipient a transaction (mail-rules H4)",
    })
  }
}

/** @throws RelayError `internal` where an address could break out of its command. */
export function checkPath(address: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the point
  if (!/[\u0000-\u0020\u007f<>]/.test(address)) return
  throw new RelayError("internal", "An address cannot be sent.", {
    internal: "control, space or bracket in an address",
  })
}

export const isAscii = (text: string): boolean => !/[\u0080-\uffff]/.test(text)
