import { createSmtpSender } from "@postrider/mail/smtp/smtp-sender"
import { createClock } from "@postrider/runtime/clock"
import { mailSenderContract } from "../../contracts/mail-sender.contract.ts"

mailSenderContract("the sender over SMTP", {
  create: ({ vet, limits }) => createSmtpSender({ vet, limits, clock: createClock(), hostname: "relay.test" }),
})
