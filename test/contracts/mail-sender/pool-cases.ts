import { expect } from "vitest"
import { outcomes, requestTo, type SenderCase, serverAt, soon, to } from "./harness.ts"

const good = ["bob accepted 250"]

export const poolCases: SenderCase[] = [
  {
    name: "mails of one route share a connection, one after the other",
    async run({ sender, server }) {
      const scripted = await server()
      const relay = sender()
      for (let mail = 0; mail < 15; mail++)
        expect(outcomes(await relay.send(requestTo(serverAt(scripted.port))))).toEqual(good)
      expect([scripted.dialogues.length, scripted.mails().length]).toEqual([1, 15])
    },
  },
  {
    name: "never more connections than allowed, and all mails go out",
    async run({ sender, server }) {
      let most = 0
      const scripted = await server({
        answer: async () => {
          most = Math.max(most, scripted.open())
          await new Promise((resolve) => setImmediate(resolve))
          return undefined
        },
      })
      const relay = sender()
      const sent = await Promise.all(Array.from({ length: 20 }, () => relay.send(requestTo(serverAt(scripted.port)))))
      expect(sent.map(outcomes)).toEqual(sent.map(() => good))
      expect(most).toBe(2)
    },
  },
  {
    name: "a connection serves no more mails than its limit",
    async run({ sender, server }) {
      const scripted = await server()
      const relay = sender({ maxMessages: 2 })
      for (let mail = 0; mail < 5; mail++) await relay.send(requestTo(serverAt(scripted.port)))
      expect(scripted.dialogues.map((each) => each.mails.length)).toEqual([2, 2, 1])
    },
  },
  ...(["drop", "reset"] as const).map(
    (how): SenderCase => ({
      name: `an idle connection that died (${how}) costs no attempt: the mail goes on a new one`,
      async run({ sender, server }) {
        const scripted = await server({
          answer: (step, { connection, mail }) =>
            step === "mail" && connection === 0 && mail === 1 ? { end: how } : undefined,
        })
        const relay = sender()
        await relay.send(requestTo(serverAt(scripted.port)))
        expect(outcomes(await relay.send(requestTo(serverAt(scripted.port))))).toEqual(good)
        expect(scripted.dialogues).toHaveLength(2)
      },
    }),
  ),
  {
    name: "421 to MAIL on an idle connection costs no attempt; on a new one it is the answer",
    async run({ sender, server }) {
      const bye = { say: "421 4.4.2 timeout", end: "drop" } as const
      const idle = await server({
        answer: (step, { connection, mail }) => (step === "mail" && connection === 0 && mail === 1 ? bye : undefined),
      })
      const relay = sender()
      await relay.send(requestTo(serverAt(idle.port)))
      expect(outcomes(await relay.send(requestTo(serverAt(idle.port))))).toEqual(good)
      const busy = await server({ answer: (step) => (step === "mail" ? bye : undefined) })
      expect(outcomes(await relay.send(requestTo(serverAt(busy.port), { poolKey: "other" })))).toEqual([
        "bob deferred 421",
      ])
      expect(busy.dialogues).toHaveLength(1)
    },
  },
  {
    name: "a connection is reset after a refused mail, and dropped when that is refused too",
    async run({ sender, server }) {
      const scripted = await server({
        answer: (step, { argument, connection }) => {
          if (step === "rset" && connection === 1) return "500 5.5.1 no"
          return step === "rcpt" && argument.includes("gone") ? "550 5.1.1 no" : undefined
        },
      })
      const relay = sender({ maxMessages: 3 })
      const at = serverAt(scripted.port)
      for (const name of ["bob", "gone", "bob", "gone", "bob"]) {
        await relay.send(requestTo(at, { recipients: to(name) }))
        await soon("the reset", () => name !== "gone" || scripted.dialogues.at(-1)?.commands.at(-1) === "RSET")
      }
      expect(scripted.dialogues.map((each) => each.mails.length)).toEqual([2, 0, 1])
    },
  },
  {
    name: "no connection serves again after its body was cut off or its answer was odd",
    async run({ sender, server }) {
      const scripted = await server({
        answer: (step, { connection }) => (step === "dot" && connection === 0 ? "354 odd" : undefined),
      })
      const relay = sender()
      await relay.send(requestTo(serverAt(scripted.port)))
      await relay.send(requestTo(serverAt(scripted.port)))
      expect(scripted.dialogues.map((each) => each.mails.length)).toEqual([0, 1])
    },
  },
  {
    name: "waiting for a free connection counts into the deadline, and is no fault of the server",
    async run({ sender, server }) {
      const scripted = await server({ answer: (step) => (step === "dot" ? { end: "hang" } : undefined) })
      const relay = sender({ dotMs: 600 })
      const at = serverAt(scripted.port)
      const first = relay.send(requestTo(at, { maxConnections: 1 }))
      await soon("the first is under way", () => scripted.dialogues.length === 1)
      const second = await relay.send(requestTo(at, { maxConnections: 1, deadline: Date.now() + 150 }))
      expect([outcomes(second), second.fault]).toEqual([["bob deferred -"], null])
      expect(outcomes(await first)).toEqual(["bob unknown -"])
      expect(scripted.dialogues).toHaveLength(1)
    },
  },
  {
    name: "an idle connection is ended with QUIT after its time",
    async run({ sender, server }) {
      const scripted = await server()
      await sender({ idleMs: 50 }).send(requestTo(serverAt(scripted.port)))
      await soon("QUIT", () => scripted.commands().includes("QUIT") && scripted.open() === 0)
    },
  },
  {
    name: "other settings under the same key get a connection of their own",
    async run({ sender, server }) {
      const scripted = await server({ auth: ["PLAIN"] })
      const relay = sender()
      const credentials = { kind: "password", username: "alice", password: "secret" } as const
      await relay.send(requestTo(serverAt(scripted.port)))
      await relay.send(requestTo(serverAt(scripted.port, { credentials })))
      expect(scripted.dialogues.map((each) => each.commands.includes("AUTH PLAIN"))).toEqual([false, true])
    },
  },
  {
    name: "close ends idle connections with QUIT",
    async run({ sender, server }) {
      const scripted = await server()
      const relay = sender()
      await relay.send(requestTo(serverAt(scripted.port)))
      await relay.close()
      expect(scripted.commands().at(-1)).toBe("QUIT")
      await soon("no connection is left", () => scripted.open() === 0)
    },
  },
]
