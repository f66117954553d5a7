import { describe, it } from "vitest"
import { checkCases } from "./mail-sender/check-cases.ts"
import { deadlineCases } from "./mail-sender/deadline-cases.ts"
import { extensionCases } from "./mail-sender/extension-cases.ts"
import { runSenderCase, type SenderCase, type SenderUnderTest } from "./mail-sender/harness.ts"
import { outcomeCases } from "./mail-sender/outcome-cases.ts"
import { poolCases } from "./mail-sender/pool-cases.ts"
import { securityCases } from "./mail-sender/security-cases.ts"

/** What every MailSender guarantees towards servers of any kind, as data, so that it can be tried on senders that must fail it. */
export const senderCases: readonly SenderCase[] = [
  ...outcomeCases,
  ...deadlineCases,
  ...extensionCases,
  ...securityCases,
  ...poolCases,
  ...checkCases,
]

/** Registers the suite with vitest. */
export function mailSenderContract(title: string, driver: SenderUnderTest): void {
  describe(title, { concurrent: true }, () => {
    for (const each of senderCases) it(each.name, () => runSenderCase(each, driver))
  })
}
