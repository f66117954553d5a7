import { createSmtpSender } from "@postrider/mail/smtp/smtp-sender"
import { createClock } from "@postrider/runtime/clock"
import { describe, expect, it } from "vitest"
import { runSenderCase, type SenderUnderTest } from "../../contracts/mail-sender/harness.ts"
import { senderCases } from "../../contracts/mail-sender.contract.ts"
import { brokenMailSenders } from "../../support/broken-mail-senders.ts"

/** For each defect, how the title of the case begins that must notice it. */
const noticedBy: Record<keyof typeof brokenMailSenders, string> = {
  "a drop at the dot is reported as accepted": "pipelined: the answers to RCPT stand when dot gets drop",
  "a drop at the dot is reported as deferred": "pipelined: the answers to RCPT stand when dot gets drop",
  "a drop before the dot is reported as unknown": "one by one: the answers to RCPT stand when data gets drop",
  "refusals at RCPT are lost when DATA fails": "pipelined: the answers to RCPT stand when data gets 451",
  "refusals at RCPT are lost when the connection dies": "pipelined: a connection that dies between",
  "every recipient gets the last answer": "one by one: where every recipient is refused",
  "4xx is final": "pipelined: the answers to RCPT stand when dot gets 250, the",
  "421 is final for all": "pipelined: 421 at the second",
  "DSN is asked though it is not offered": "no parameter is said that was not offered",
  "DSN is not asked though it is offered": "ENVID and RET are asked",
  "ORCPT is said for each of several": "ENVID and RET are asked",
  "SIZE is ignored": "a mail that needs what is not offered (size)",
  "SMTPUTF8 is not asked": "a mail that needs what is not offered (smtputf8)",
  "8BITMIME is not asked": "a mail that needs what is not offered (8bitmime)",
  "dots at line starts are lost": "the bytes arrive as they are",
  "no TLS where STARTTLS is not offered": "STARTTLS that is not offered",
  "a refused password is tried again": "a refused password is shown",
  "certificates are trusted by their own word": "a self-signed certificate",
  "more connections than allowed": "never more connections",
  "a connection for every mail": "mails of one route share",
  "a lost idle connection costs an attempt": "an idle connection that died (drop)",
  "the deadline is forgotten": "the deadline of the whole",
  "abort is ignored": "abort before anything",
  "an error of the body is taken for one of the server": "a body that fails half way",
  "a check sends a mail": "a check logs in",
}

describe("the contract of senders notices when", { concurrent: true }, () => {
  for (const [defect, breakIt] of Object.entries(brokenMailSenders)) {
    const begin = noticedBy[defect as keyof typeof brokenMailSenders]
    const cases = senderCases.filter(({ name }) => name.startsWith(begin))
    const driver: SenderUnderTest = {
      create: ({ vet, limits }) => breakIt(createSmtpSender({ vet, limits, clock: createClock() })),
    }
    it(`${defect}: "${begin}"`, async () => {
      expect(cases).toHaveLength(1)
      for (const each of cases) await expect(runSenderCase(each, driver)).rejects.toThrow()
    })
  }
})
