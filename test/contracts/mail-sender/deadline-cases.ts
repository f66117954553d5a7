import { expect } from "vitest"
import type { SmtpStep } from "../../support/smtp-dialogue.ts"
import { outcomes, requestTo, type SenderCase, serverAt, soon } from "./harness.ts"

const silent: [step: SmtpStep, stage: string, outcome: string][] = [
  ["connect", "greeting", "deferred"],
  ["ehlo", "capability", "deferred"],
  ["mail", "mail", "deferred"],
  ["rcpt", "rcpt", "deferred"],
  ["data", "data", "deferred"],
  ["body", "body", "deferred"],
  ["dot", "dot", "unknown"],
]
const short = { greetingMs: 150, commandMs: 150, dataBlockMs: 150, dotMs: 150 }
/** More than the buffers on the way hold. */
const endless = (): AsyncGenerator<Uint8Array> => slow(Number.POSITIVE_INFINITY, 0)

async function* slow(pieces: number, ms: number): AsyncGenerator<Uint8Array> {
  for (let piece = 0; piece < pieces; piece++) {
    yield Buffer.from("x".repeat(70_000))
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
  }
}

export const deadlineCases: SenderCase[] = [
  ...silent.map(
    ([step, stage, outcome]): SenderCase => ({
      name: `silence at ${step} ends at the deadline of that stage: ${outcome} (H6)`,
      async run({ sender, server }) {
        const scripted = await server({ answer: (at) => (at === step ? { end: "hang" } : undefined) })
        const body = step === "body" ? { body: endless } : {}
        const result = await sender(short).send(requestTo(serverAt(scripted.port), body))
        expect([outcomes(result), result.stage, result.fault?.class]).toEqual([[`bob ${outcome} -`], stage, "timeout"])
        await soon("the connection is dropped", () => scripted.open() === 0)
      },
    }),
  ),
  {
    name: "the deadline of the whole ends the wait for the answer to the dot: unknown (H6)",
    async run({ sender, server }) {
      const { port } = await server({ answer: (at) => (at === "dot" ? { end: "hang" } : undefined) })
      const result = await sender().send(requestTo(serverAt(port), { deadline: Date.now() + 800 }))
      expect([outcomes(result), result.stage]).toEqual([["bob unknown -"], "dot"])
      expect(result.durationMs).toBeLessThan(2500)
    },
  },
  {
    name: "a slow body that keeps coming is not cut short",
    async run({ sender, server }) {
      const scripted = await server()
      const limits = { commandMs: 400, dataBlockMs: 400, dotMs: 400 }
      const result = await sender(limits).send(requestTo(serverAt(scripted.port), { body: () => slow(10, 60) }))
      expect(outcomes(result)).toEqual(["bob accepted 250"])
      expect(scripted.mails()[0]?.data.length).toBe(10 * 70_000 + 2)
    },
  },
  {
    name: "nothing is begun that cannot end in time: no MAIL, deferred, and the server is not at fault (H6)",
    async run({ sender, server }) {
      const scripted = await server()
      const deadline = Date.now() + 2000
      const result = await sender({ startReserveMs: 2000 }).send(requestTo(serverAt(scripted.port), { deadline }))
      expect([outcomes(result), result.fault]).toEqual([["bob deferred -"], null])
      const large = requestTo(serverAt(scripted.port), { size: 9_000_000 })
      expect(outcomes(await sender().send(large))).toEqual(["bob deferred -"])
      expect(scripted.commands().filter((line) => line.startsWith("MAIL"))).toEqual([])
    },
  },
  {
    name: "abort in the body: deferred, and the dot is never sent",
    async run({ sender, server }) {
      const scripted = await server()
      const abort = new AbortController()
      const sent = sender().send(requestTo(serverAt(scripted.port), { body: () => slow(1e9, 1), signal: abort.signal }))
      await soon("the body begins", () => (scripted.dialogues[0]?.bodyOctets() ?? 0) > 0)
      abort.abort()
      const result = await sent
      expect([outcomes(result), result.stage]).toEqual([["bob deferred -"], "body"])
      await soon("the connection is dropped", () => scripted.open() === 0)
      expect(scripted.mails()).toEqual([])
    },
  },
  {
    name: "abort while the answer to the dot is waited for: unknown",
    async run({ sender, server }) {
      let dot = false
      const { port } = await server({
        answer: (at) => {
          dot ||= at === "dot"
          return at === "dot" ? { end: "hang" } : undefined
        },
      })
      const abort = new AbortController()
      const sent = sender().send(requestTo(serverAt(port), { signal: abort.signal }))
      await soon("the dot arrives", () => dot)
      abort.abort()
      expect(outcomes(await sent)).toEqual(["bob unknown -"])
    },
  },
  {
    name: "abort before anything: nothing is dialled",
    async run({ sender, server }) {
      const scripted = await server()
      const result = await sender().send(requestTo(serverAt(scripted.port), { signal: AbortSignal.abort() }))
      expect([outcomes(result), scripted.dialogues]).toEqual([["bob deferred -"], []])
    },
  },
]
