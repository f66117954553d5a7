import type { AddressInfo } from "node:net"
import { createServer, type Server } from "node:net"
import { type Sandbox, startSandbox } from "@postrider/sandbox/start-sandbox"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type RelayProcess, startRelayProcess } from "../support/relay-process.ts"

describe("servers that hang", () => {
  let relay: RelayProcess
  let sandbox: Sandbox
  let silent: Server

  beforeAll(async () => {
    sandbox = await startSandbox({ ports: { smtp: 0, imap: 0, pop3: 0, control: 0 } })
    silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve))
    relay = await startRelayProcess({ POSTRIDER_LOG_LEVEL: "error" })
  })

  afterAll(async () => {
    await relay?.dispose()
    await sandbox?.stop()
    silent?.close()
  })

  it("leave room for the others: a healthy account sends while twenty accounts wait for a silent host", {
    timeout: 60_000,
  }, async () => {
    const dead = { host: "localhost", port: (silent.address() as AddressInfo).port, security: "none" }
    const good = { host: "127.0.0.1", port: sandbox.ports.smtp, security: "none" }
    const accounts = Array.from({ length: 20 }, (_, n) => ({ id: `stuck${n}`, smtp: dead }))
    for (const { id, smtp } of [...accounts, { id: "well", smtp: good }]) {
      await relay.call("/v1/accounts", { json: { id, email: `${id}@demo.test`, smtp } })
    }
    const send = async (account: string): Promise<string> => {
      const json = { account, to: "ada@demo.test", subject: "Hello", text: "Hello." }
      return ((await relay.call("/v1/messages", { json })).body as { id: string }).id
    }
    for (let n = 0; n < 10; n++) await Promise.all(accounts.map(({ id }) => send(id)))
    const startedAt = Date.now()
    const ids = await Promise.all(Array.from({ length: 20 }, () => send("well")))
    for (const id of ids) {
      const { body } = await relay.call(`/v1/messages/${id}?wait=20`)
      expect((body as { status: string }).status).toBe("sent")
    }
    expect(Date.now() - startedAt).toBeLessThan(20_000)
  })
})
