import { type Sandbox, startSandbox } from "@postrider/sandbox/start-sandbox"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type RunningRelay, type Shape, startRelay, until } from "../../support/running-relay.ts"

let relay: RunningRelay
let sandbox: Sandbox
beforeAll(async () => {
  relay = await startRelay()
  sandbox = await startSandbox()
})
afterAll(async () => {
  await relay?.stop()
  await sandbox?.stop()
  expect(relay?.errors).toEqual([])
})

const head = (name: string) => `Message-ID: <${name}@demo.test>\r\nSubject: ${name}\r\n`
const mails: Record<string, { raw: string; parse: Shape }> = {
  "10 MB of headers": {
    raw: `${head("headers")}${"X-A: 12345678901234567890123456789012345\r\n".repeat(250_000)}\r\nbody\r\n`,
    parse: { status: "partial", defects: ["header_too_large"] },
  },
  "one header of 10 MB": {
    raw: `${head("header")}X-A: ${"1234567890".repeat(1_000_000)}\r\n\r\nbody\r\n`,
    parse: { status: "partial" },
  },
  "200,000 MIME parts": {
    raw: `${head("parts")}Content-Type: multipart/mixed; boundary=b\r\n\r\n${"--b\r\n\r\nx\r\n".repeat(200_000)}--b--\r\n`,
    parse: { status: "partial", defects: ["too_many_parts"] },
  },
  "20,000 nested multiparts": {
    raw: Array.from({ length: 20_000 }, (_, at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`)
      .join("")
      .replace(/^/, head("nested")),
    parse: { status: "partial", defects: ["too_many_parts"] },
  },
  "no header at all": { raw: "\r\njust text\r\n", parse: { status: "ok" } },
  "not a mail": { raw: `${"\x00\xff\xfe\x01".repeat(5000)}\r\n`, parse: { status: expect.any(String) } },
}

describe.each(["imap", "pop3"] as const)("hostile mail over %s", (protocol) => {
  it("each comes through once, with what could be read, its raw octets kept; the mail after them as well", {
    timeout: 60_000,
  }, async () => {
    const user = `hostile-${protocol}`
    const raws = [
      ...Object.values(mails).map(({ raw }) => Buffer.from(raw, "latin1")),
      Buffer.from(`${head("last")}\r\nhi\r\n`),
    ]
    for (const raw of raws) sandbox.deliver(raw, { to: user })
    const server = {
      host: "127.0.0.1",
      port: sandbox.ports[protocol],
      security: "none",
      username: user,
      password: "demo",
    }
    const account = { id: user, email: "ada@demo.test", [protocol]: { ...server, history: "all" } }
    expect((await relay.call("POST", "/v1/accounts", { json: account })).status).toBe(201)
    const events = await until(
      async () => (await relay.events(user)).filter(({ type }) => type === "message.received"),
      (found) => found.length >= raws.length,
      50_000,
    )
    expect(events.length).toBe(raws.length)
    const kept = await Promise.all(events.map(({ data }) => relay.octets(`/v1/messages/${data.id}/raw`)))
    for (const [at, [what, { parse }]] of Object.entries(mails).entries()) {
      const place = kept.findIndex((octets) => raws[at]?.equals(octets))
      expect(place, `${what} is kept as it came`).not.toBe(-1)
      expect({ what, parse: events[place]?.data.parse }).toMatchObject({ what, parse })
    }
    expect(events.map(({ data }) => data.subject)).toContain("last")
    expect((await relay.call("GET", `/v1/accounts/${user}`)).body.state).toBe("ok")
  })
})
