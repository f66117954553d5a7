import { expect } from "vitest"
import { type SenderCase, serverAt, soon } from "./harness.ts"

const options = () => ({ mailFrom: "ann@acme.test", deadline: Date.now() + 5000 })
const credentials = { kind: "password", username: "alice", password: "secret" } as const

export const checkCases: SenderCase[] = [
  {
    name: "a check logs in, names the sender, takes it back and leaves; no mail (N3)",
    async run({ sender, server }) {
      const scripted = await server({ security: "starttls", auth: ["PLAIN"] })
      const check = await sender().check(serverAt(scripted.port, { security: "starttls", credentials }), options())
      expect(check).toMatchObject({
        ok: true,
        stage: "mail",
        authenticated: true,
        fault: null,
        tls: { version: "TLSv1.3" },
      })
      expect(check.capabilities).toContain("SIZE 100000000")
      expect(check.response).toBe("250 2.1.0 Ok")
      expect(scripted.commands().slice(-4)).toEqual(["AUTH PLAIN", "MAIL FROM:<ann@acme.test>", "RSET", "QUIT"])
      await soon("the connection is closed", () => scripted.open() === 0)
    },
  },
  {
    name: "a check tells a sender that is not allowed",
    async run({ sender, server }) {
      const { port } = await server({ answer: (step) => (step === "mail" ? "553 5.7.1 not yours" : undefined) })
      const check = await sender().check(serverAt(port), options())
      expect(check).toMatchObject({
        ok: false,
        stage: "mail",
        response: "553 5.7.1 not yours",
        fault: { code: "553", stage: "mail" },
      })
    },
  },
  {
    name: "a check tells that a login is wanted",
    async run({ sender, server }) {
      const { port } = await server({
        answer: (step) => (step === "mail" ? "530 5.7.0 Authentication required" : undefined),
      })
      expect((await sender().check(serverAt(port), options())).fault).toMatchObject({ class: "auth", stage: "mail" })
    },
  },
  {
    name: "a check of wrong credentials says so after one try",
    async run({ sender, server }) {
      const scripted = await server({ auth: ["PLAIN", "LOGIN"] })
      const at = serverAt(scripted.port, { credentials: { ...credentials, password: "no" } })
      const check = await sender().check(at, options())
      expect(check).toMatchObject({
        ok: false,
        authenticated: false,
        stage: "auth",
        fault: { class: "auth", code: "535" },
      })
      expect(scripted.commands().filter((line) => line.startsWith("AUTH"))).toHaveLength(1)
    },
  },
  {
    name: "a check ends by its deadline, with the stage it stuck in",
    async run({ sender, server }) {
      for (const [step, stage] of [
        ["ehlo", "capability"],
        ["mail", "mail"],
      ] as const) {
        const scripted = await server({ answer: (at) => (at === step ? { end: "hang" } : undefined) })
        const check = await sender().check(serverAt(scripted.port), { ...options(), deadline: Date.now() + 200 })
        expect(check).toMatchObject({ ok: false, stage, fault: { class: "timeout" } })
        await soon("the connection is dropped", () => scripted.open() === 0)
      }
    },
  },
  {
    name: "a check of a server that dies at MAIL says so",
    async run({ sender, server }) {
      const { port } = await server({ answer: (step) => (step === "mail" ? { end: "drop" } : undefined) })
      expect(await sender().check(serverAt(port), options())).toMatchObject({
        ok: false,
        fault: { class: "connect", stage: "mail" },
      })
    },
  },
]
