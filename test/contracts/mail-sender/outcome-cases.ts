import { expect } from "vitest"
import type { SmtpAnswer, SmtpScript } from "../../support/smtp-dialogue.ts"
import { outcomes, requestTo, type SenderCase, serverAt, to } from "./harness.ts"

const mixed: Record<string, string> = {
  "gone@x.test": "550-5.1.1 No such user\r\n550 5.1.1 here",
  "later@x.test": "450 4.2.0 try later",
  "many@x.test": "452 4.5.3 too many",
}
const addressOf = (argument: string): string => /<(.*?)>/.exec(argument)?.[1] ?? ""
const everyone = to("ann", "gone", "later", "many", "zoe")
const capabilities = { pipelined: ["PIPELINING", "DSN"], "one by one": ["DSN"] }

/** Mixed answers to RCPT, and one more fault. */
const answering =
  (fault: Partial<Record<string, SmtpAnswer>>): NonNullable<SmtpScript["answer"]> =>
  (step, { argument }) =>
    step === "rcpt" ? mixed[addressOf(argument)] : fault[step]

const endings: [step: string, answer: SmtpAnswer, ann: string, stage: string][] = [
  ["data", "451 4.3.0 no", "deferred 451", "data"],
  ["data", "554 5.7.1 no", "rejected 554", "data"],
  ["data", { end: "drop" }, "deferred -", "data"],
  ["data", { end: "reset" }, "deferred -", "data"],
  ["data", { say: "421 4.3.2 bye", end: "drop" }, "deferred 421", "data"],
  ["body", { end: "drop" }, "deferred -", "body"],
  ["body", { say: "552 5.3.4 too big", end: "hang" }, "rejected 552", "body"],
  ["dot", "250 2.0.0 Ok", "accepted 250", "dot"],
  ["dot", "451 4.3.0 no", "deferred 451", "dot"],
  ["dot", "554 5.7.1 no", "rejected 554", "dot"],
  ["dot", { say: "421 4.3.2 bye", end: "drop" }, "deferred 421", "dot"],
  ["dot", { end: "drop" }, "unknown -", "dot"],
  ["dot", { end: "reset" }, "unknown -", "dot"],
  ["dot", { say: "250-2.0.0 half a re~", end: "drop" }, "unknown -", "dot"],
  ["dot", "354 what?", "unknown 354", "dot"],
]

/** Large enough not to be on its way whole when the server answers its beginning. */
const large = `Subject: x\r\n\r\n${"0123456789abcdef\r\n".repeat(800_000)}`

const unhurried = { text: large, deadline: Date.now() + 600_000 }

const afterMixed: SenderCase[] = Object.entries(capabilities).flatMap(([mode, offered]) =>
  endings.map(([step, answer, ann, stage]) => ({
    name: `${mode}: the answers to RCPT stand when ${step} gets ${describe(answer)}, the others are ${ann} (H5, I2)`,
    async run({ sender, server }) {
      const { port } = await server({ capabilities: offered, answer: answering({ [step]: answer }) })
      const changes = stage === "body" ? unhurried : {}
      const result = await sender().send(requestTo(serverAt(port), { recipients: everyone, ...changes }))
      expect(outcomes(result)).toEqual([
        `ann ${ann}`,
        "gone rejected 550",
        "later deferred 450",
        "many deferred 452",
        `zoe ${ann}`,
      ])
      expect(result.stage).toBe(stage)
      expect(result.recipients[1]?.reply).toEqual({
        code: 550,
        enhancedCode: "5.1.1",
        response: "550 5.1.1 No such user here",
      })
    },
  })),
)

function describe(answer: SmtpAnswer): string {
  if (typeof answer === "string") return answer.slice(0, 3)
  return [answer.say?.slice(0, 3), answer.end].filter(Boolean).join(" and ")
}

const early: SenderCase[] = Object.entries(capabilities).flatMap(([mode, offered]) => [
  {
    name: `${mode}: a refused sender is told of every recipient, and no body is sent`,
    async run({ sender, server }) {
      const scripted = await server({
        capabilities: offered,
        answer: (step) =>
          step === "mail"
            ? "550 5.7.60 not you"
            : step === "rcpt" || step === "data"
              ? "503 5.5.1 MAIL first"
              : undefined,
      })
      const result = await sender().send(requestTo(serverAt(scripted.port), { recipients: to("a", "b") }))
      expect(outcomes(result)).toEqual(["a rejected 550", "b rejected 550"])
      expect([result.stage, result.reply?.enhancedCode, result.fault]).toEqual(["mail", "5.7.60", null])
      expect(scripted.dialogues.map((each) => each.bodyOctets())).toEqual([0])
    },
  },
  {
    name: `${mode}: where every recipient is refused each keeps its own answer, and no mail is taken`,
    async run({ sender, server }) {
      const scripted = await server({ capabilities: offered, answer: answering({}) })
      const result = await sender().send(requestTo(serverAt(scripted.port), { recipients: to("gone", "later") }))
      expect(outcomes(result)).toEqual(["gone rejected 550", "later deferred 450"])
      expect([result.stage, result.fault, scripted.mails()]).toEqual(["rcpt", null, []])
    },
  },
  {
    name: `${mode}: 421 at the second of three RCPT leaves what was not answered deferred (I6)`,
    async run({ sender, server }) {
      const { port } = await server({
        capabilities: offered,
        answer: (step, { argument }) =>
          step !== "rcpt"
            ? undefined
            : argument.includes("gone")
              ? "550 5.1.1 no"
              : argument.includes("b@")
                ? { say: "421 4.7.0 bye", end: "drop" }
                : undefined,
      })
      const result = await sender().send(requestTo(serverAt(port), { recipients: to("gone", "b", "c") }))
      expect(outcomes(result)).toEqual(["gone rejected 550", "b deferred 421", "c deferred 421"])
      expect([result.stage, result.fault?.class, result.fault?.code]).toEqual(["rcpt", "throttled", "421"])
    },
  },
  {
    name: `${mode}: a connection that dies between the answers to RCPT leaves the rest deferred`,
    async run({ sender, server }) {
      const { port } = await server({
        capabilities: offered,
        answer: (step, { argument }) =>
          step !== "rcpt" ? undefined : argument.includes("gone") ? "550 5.1.1 no" : { end: "drop" },
      })
      const result = await sender().send(requestTo(serverAt(port), { recipients: to("gone", "b", "c") }))
      expect(outcomes(result)).toEqual(["gone rejected 550", "b deferred -", "c deferred -"])
      expect([result.stage, result.fault?.class]).toEqual(["rcpt", "connect"])
    },
  },
])

export const outcomeCases: SenderCase[] = [
  ...afterMixed,
  ...early,
  {
    name: "250 before the mail was sent whole is no acceptance: the outcome is unknown",
    async run({ sender, server }) {
      const { port } = await server({ answer: (step) => (step === "body" ? "250 2.0.0 fine" : undefined) })
      const result = await sender().send(requestTo(serverAt(port), unhurried))
      expect([outcomes(result), result.fault?.class]).toEqual([["bob unknown 250"], "protocol"])
    },
  },
  {
    name: "503 is asked once more on a new connection, and then deferred (I6)",
    async run({ sender, server }) {
      const once = await server({
        answer: (step, { connection }) => (step === "mail" && connection === 0 ? "503 5.5.1 no" : undefined),
      })
      expect(outcomes(await sender().send(requestTo(serverAt(once.port))))).toEqual(["bob accepted 250"])
      const always = await server({ answer: (step) => (step === "mail" ? "503 5.5.1 no" : undefined) })
      expect(outcomes(await sender().send(requestTo(serverAt(always.port))))).toEqual(["bob deferred 503"])
      expect(always.dialogues).toHaveLength(2)
    },
  },
  {
    name: "the bytes arrive as they are, dots at line starts and any size of chunk included",
    async run({ sender, server }) {
      const scripted = await server()
      const text = "Subject: x\r\n\r\n.\r\n..\r\n.dot\r\nend.\r\n\r\n.\r\n"
      const body = async function* () {
        for (const character of text) yield Buffer.from(character)
      }
      const result = await sender().send(requestTo(serverAt(scripted.port), { text, body }))
      expect(outcomes(result)).toEqual(["bob accepted 250"])
      expect(scripted.mails()[0]?.data.toString()).toBe(text)
    },
  },
  {
    name: "an empty mail is sent",
    async run({ sender, server }) {
      const scripted = await server()
      const result = await sender().send(requestTo(serverAt(scripted.port), { text: "" }))
      expect(outcomes(result)).toEqual(["bob accepted 250"])
    },
  },
  {
    name: "a body that fails half way never gets its dot, and its own error comes back",
    async run({ sender, server }) {
      const scripted = await server()
      const broken = new Error("store is gone")
      const body = async function* () {
        yield Buffer.from("Subject: x\r\n\r\n")
        throw broken
      }
      await expect(sender().send(requestTo(serverAt(scripted.port), { body }))).rejects.toBe(broken)
      expect(scripted.mails()).toEqual([])
    },
  },
  {
    name: "a server's words come as one line of at most 512 octets without controls",
    async run({ sender, server }) {
      const { port } = await server({
        answer: (step) =>
          step === "dot" ? `554-5.7.1 a\u0007b\u001b[31m\r\n554 5.7.1 ${"ü".repeat(2000)}` : undefined,
      })
      const { reply } = await sender().send(requestTo(serverAt(port)))
      expect(reply?.response).toMatch(/^554 5\.7\.1 ab\[31m ü+$/)
      expect(Buffer.byteLength(reply?.response ?? "")).toBeLessThanOrEqual(512)
    },
  },
  {
    name: "the Message-ID that Outlook.com puts in place of ours is told",
    async run({ sender, server }) {
      const id = "<AB1.cd@EF2.eurprd01.prod.outlook.com>"
      const { port } = await server({
        answer: (step) => (step === "dot" ? `250 2.0.0 OK ${id} [Hostname=x]` : undefined),
      })
      expect((await sender().send(requestTo(serverAt(port)))).serverMessageId).toBe(id)
    },
  },
]
