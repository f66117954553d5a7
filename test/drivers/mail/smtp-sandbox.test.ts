import { createHash } from "node:crypto"
import { createMimeComposer } from "@postrider/mail/mime/compose"
import { createSmtpSender } from "@postrider/mail/smtp/smtp-sender"
import { createClock } from "@postrider/runtime/clock"
import { startSandbox } from "@postrider/sandbox/start-sandbox"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { outcomes, requestTo, serverAt, to } from "../../contracts/mail-sender/harness.ts"
import { certificate } from "../../support/certificates.ts"
import { loopback } from "../../support/loopback.ts"
import { mail } from "./compose-mail.ts"

type Sandbox = Awaited<ReturnType<typeof startSandbox>>

const credentials = { kind: "password", username: "bob", password: "secret" } as const

describe("the sender towards the sandbox", () => {
  let sandbox: Sandbox
  const sender = createSmtpSender({ vet: loopback, clock: createClock(), limits: { startReserveMs: 0 } })

  beforeAll(async () => {
    const users = { bob: { password: "secret", addresses: ["bob@x.test"], accessToken: "token" } }
    sandbox = await startSandbox({ tls: certificate("server"), users, domain: "x.test" })
  })
  afterAll(async () => {
    await sender.close()
    await sandbox.stop()
  })

  it("a composed mail arrives below the headers that were added, by STARTTLS and login", async () => {
    const composed = await createMimeComposer().compose(mail({ subject: "Grüße", text: ".\n..\nFrom x\n" }))
    const at = serverAt(sandbox.ports.smtp, { security: "starttls", credentials })
    const request = requestTo(at, { size: composed.size, body: () => composed.body() })
    expect(outcomes(await sender.send(request))).toEqual(["bob accepted 250"])
    const hash = createHash("sha256")
    for await (const piece of composed.body()) hash.update(piece)
    expect(sandbox.smtp.accepted.at(-1)).toMatchObject({ size: composed.size, sha256: hash.digest("hex"), user: "bob" })
  })

  it("unknown users are refused one by one, the others get the mail (H5)", async () => {
    const request = requestTo(serverAt(sandbox.ports.smtp), { recipients: to("bob", "nobody") })
    expect(outcomes(await sender.send(request))).toEqual(["bob accepted 250", "nobody rejected 550"])
  })

  it("an access token signs in, an old one is refused as oauth", async () => {
    const token = { kind: "token", username: "bob", accessToken: "token" } as const
    const at = (accessToken: string) =>
      serverAt(sandbox.ports.smtp, { security: "starttls", credentials: { ...token, accessToken } })
    expect((await sender.check(at("token"), { mailFrom: "bob@x.test", deadline: Date.now() + 5000 })).ok).toBe(true)
    const old = await sender.check(at("old"), { mailFrom: "bob@x.test", deadline: Date.now() + 5000 })
    expect(old.fault).toMatchObject({ class: "oauth", stage: "auth" })
  })

  it.each([
    ["body", "deferred"],
    ["dot", "unknown"],
    ["delivered", "unknown"],
  ] as const)("a connection dropped at %s leaves the recipients %s (I2)", async (at, outcome) => {
    sandbox.faults.set({ smtp: [{ at, drop: true, times: 1 }] })
    const text = `Subject: x\r\n\r\n${"0123456789\r\n".repeat(1_000_000)}`
    const request = requestTo(serverAt(sandbox.ports.smtp), { text, poolKey: at, deadline: Date.now() + 600_000 })
    expect(outcomes(await sender.send(request))).toEqual([`bob ${outcome} -`])
  })
})
