import { expect } from "vitest"
import { outcomes, requestTo, type SenderCase, serverAt, to } from "./harness.ts"

const without = (name: string): string[] =>
  ["PIPELINING", "SIZE 1000", "8BITMIME", "SMTPUTF8", "DSN"].filter((line) => !line.startsWith(name))

const missing: [unsupported: "size" | "smtputf8" | "8bitmime", capabilities: string[], changes: object][] = [
  ["size", without("DSN"), { size: 1001 }],
  ["smtputf8", without("SMTPUTF8"), { smtpUtf8: true, recipients: [{ address: "jürgen@x.test" }] }],
  ["8bitmime", without("8BITMIME"), { eightBit: true }],
]

export const extensionCases: SenderCase[] = [
  ...missing.map(
    ([unsupported, capabilities, changes]): SenderCase => ({
      name: `a mail that needs what is not offered (${unsupported}) is refused before MAIL, and that is no fault (H1, H2)`,
      async run({ sender, server }) {
        const scripted = await server({ capabilities })
        const result = await sender().send(requestTo(serverAt(scripted.port), changes))
        expect(result).toMatchObject({ unsupported, stage: "capability", fault: null, reply: null })
        expect(result.recipients.map(({ outcome, reply }) => [outcome, reply])).toEqual([["rejected", null]])
        expect(scripted.commands().some((line) => line.startsWith("MAIL"))).toBe(false)
      },
    }),
  ),
  {
    name: "what EHLO offered is told (H1)",
    async run({ sender, server }) {
      const { port } = await server({ capabilities: ["SIZE 1000", "8BITMIME"] })
      expect((await sender().send(requestTo(serverAt(port)))).offers).toEqual({
        size: 1000,
        dsn: false,
        smtpUtf8: false,
        eightBitMime: true,
        pipelining: false,
      })
    },
  },
  {
    name: "ENVID and RET are asked where DSN is offered; NOTIFY and ORCPT are not said unasked or for many (H3)",
    async run({ sender, server }) {
      const scripted = await server()
      const result = await sender().send(requestTo(serverAt(scripted.port), { recipients: to("a", "b") }))
      expect(result.dsn).toBe("requested")
      const said = scripted.commands()
      expect(said.find((line) => line.startsWith("MAIL"))).toMatch(/ RET=HDRS ENVID=out_1/)
      expect(said.filter((line) => line.startsWith("RCPT"))).toEqual(["RCPT TO:<a@x.test>", "RCPT TO:<b@x.test>"])
    },
  },
  {
    name: "NOTIFY is said when asked for, ORCPT for one recipient alone (H3)",
    async run({ sender, server }) {
      const scripted = await server()
      const recipients = [{ address: "a+b@x.test", notify: ["success" as const, "failure" as const] }]
      await sender().send(requestTo(serverAt(scripted.port), { recipients }))
      const rcpt = scripted.commands().find((line) => line.startsWith("RCPT"))
      expect(rcpt).toBe("RCPT TO:<a+b@x.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+2Bb@x.test")
    },
  },
  {
    name: "no parameter is said that was not offered, whatever the server is called (H3)",
    async run({ sender, server }) {
      const scripted = await server({
        answer: (step) => (step === "ehlo" ? "250-mx-dsn-size.test hello-8BITMIME\r\n250 HELP" : undefined),
      })
      const recipients = [{ address: "a@x.test", notify: ["never" as const] }]
      const result = await sender().send(requestTo(serverAt(scripted.port), { recipients }))
      expect([outcomes(result), result.dsn]).toEqual([["a accepted 250"], "unsupported"])
      expect(scripted.commands().slice(1, 3)).toEqual(["MAIL FROM:<ann@acme.test>", "RCPT TO:<a@x.test>"])
    },
  },
  {
    name: "SIZE, BODY=8BITMIME and SMTPUTF8 are said where needed, SMTPUTF8 also for a header alone (H2)",
    async run({ sender, server }) {
      const scripted = await server({ capabilities: ["PIPELINING", "SIZE", "8BITMIME", "SMTPUTF8"] })
      const at = serverAt(scripted.port)
      const relay = sender()
      await relay.send(requestTo(at, { eightBit: true, text: "Subject: ü\r\n\r\nü\r\n" }))
      await relay.send(requestTo(at, { smtpUtf8: true }))
      await relay.send(requestTo(at, { smtpUtf8: true, mailFrom: "jürgen@x.test" }))
      const said = scripted.commands().filter((line) => line.startsWith("MAIL"))
      expect(said).toEqual([
        "MAIL FROM:<ann@acme.test> BODY=8BITMIME SIZE=19",
        "MAIL FROM:<ann@acme.test> SIZE=21 SMTPUTF8",
        "MAIL FROM:<jürgen@x.test> SMTPUTF8 SIZE=21",
      ])
      expect(scripted.mails()[0]?.data.toString()).toContain("ü")
    },
  },
  {
    name: "the null sender is MAIL FROM:<> (G4)",
    async run({ sender, server }) {
      const scripted = await server({ capabilities: [] })
      await sender().send(requestTo(serverAt(scripted.port), { mailFrom: "" }))
      expect(scripted.commands()).toContain("MAIL FROM:<>")
    },
  },
  {
    name: "a server without EHLO is greeted with HELO and gets no parameter",
    async run({ sender, server }) {
      const scripted = await server({ answer: (step) => (step === "ehlo" ? "502 5.5.1 what?" : undefined) })
      expect(outcomes(await sender().send(requestTo(serverAt(scripted.port))))).toEqual(["bob accepted 250"])
      expect(scripted.commands()).toContain("MAIL FROM:<ann@acme.test>")
    },
  },
  {
    name: "addresses that could break out of their command are refused unsent",
    async run({ sender, server }) {
      const scripted = await server()
      for (const address of ["a@x>\r\nDATA", "a b@x", "a@x\u0000", "<a@x>"]) {
        await expect(
          sender().send(requestTo(serverAt(scripted.port), { recipients: [{ address }] })),
        ).rejects.toMatchObject({
          code: "internal",
        })
      }
      expect(scripted.dialogues).toEqual([])
    },
  },
]
