import type { Pop3Client } from "@postrider/pop3/client"
import { connectPop3 } from "@postrider/pop3/connect-pop3"
import { selectMechanism } from "@postrider/pop3/login"
import { afterEach, describe, expect, it } from "vitest"
import { certificate } from "../../support/certificates.ts"
import { startLineServer } from "../../support/line-server.ts"
import { type MaildropOptions, type MaildropServer, startMaildropServer } from "../../support/maildrop-server.ts"
import { collect } from "./collect.ts"

let server: MaildropServer | undefined
let client: Pop3Client | undefined
afterEach(async () => {
  client?.close()
  await server?.close()
})

const binary = Buffer.from([
  ...Buffer.from("Subject: x\r\n\r\n"),
  ...Array.from({ length: 256 }, (_, octet) => octet),
  13,
  10,
])
const mails = () => [
  { uidl: "a", content: Buffer.from("Subject: one\r\n\r\n..hello\r\n") },
  { uidl: "b", content: binary },
]

async function open(options: MaildropOptions = {}): Promise<Pop3Client> {
  server = await startMaildropServer({ mails: mails(), ...options })
  client = await connectPop3({ host: "127.0.0.1", port: server.port, tls: "none" })
  return client
}

const alice = { username: "alice", password: "secret" }

describe("a session", () => {
  it("reads capabilities without regard to case, counts, lists, reads and deletes; quit commits", async () => {
    const session = await open({ capabilities: ["top", "Uidl", "sasl Plain", "LOGIN-DELAY 10"] })
    const capabilities = await session.capa()
    expect(capabilities.has("TOP") && capabilities.has("UIDL")).toBe(true)
    expect(capabilities.get("LOGIN-DELAY")).toEqual(["10"])
    expect(await session.login(alice)).toBe("PLAIN")
    expect(await session.stat()).toEqual({ count: 2, bytes: 25 + binary.length })
    expect(await session.list()).toEqual([
      { number: 1, size: 25 },
      { number: 2, size: binary.length },
    ])
    expect(await session.uidl()).toEqual([
      { number: 1, uid: "a" },
      { number: 2, uid: "b" },
    ])
    expect((await collect(await session.top(1, 0))).toString()).toBe("Subject: one\r\n\r\n")
    expect(await collect(await session.retr(2))).toEqual(binary)
    await session.dele(1)
    await session.rset()
    await session.dele(2)
    await session.quit()
    expect(server?.mails.map(({ uidl }) => uidl)).toEqual(["a"])
  })

  it("goes on after a refusal, which carries the server's words", async () => {
    const session = await open()
    await session.login(alice)
    await expect(session.retr(9)).rejects.toMatchObject({
      code: "refused",
      command: "RETR",
      response: "no such message",
    })
    expect((await session.stat()).count).toBe(2)
  })

  it("that is closed instead of quit deletes nothing, and rejects what comes after", async () => {
    const session = await open()
    await session.login(alice)
    await session.dele(1)
    session.close()
    await expect(session.noop()).rejects.toMatchObject({ code: "aborted" })
    expect(server?.mails).toHaveLength(2)
  })

  it("sends calls made at once one after the other, in their order", async () => {
    const session = await open()
    await session.login(alice)
    const [stat, top, listed] = await Promise.all([session.stat(), session.top(1, 0).then(collect), session.list()])
    expect([stat.count, top.length, listed.length]).toEqual([2, 16, 2])
    expect(server?.lines.slice(-3)).toEqual(["STAT", "TOP 1 0", "LIST"])
  })

  it("over TLS from the first octet and over STLS reads the same octets", async () => {
    const tlsOptions = { ca: certificate("ca").cert }
    for (const tls of ["implicit", "starttls"] as const) {
      const secured = await startMaildropServer({
        mails: mails(),
        tls: certificate("server"),
        implicit: tls === "implicit",
      })
      const session = await connectPop3({
        host: "localhost",
        address: "127.0.0.1",
        port: secured.port,
        tls,
        tlsOptions,
      })
      await session.login(alice)
      expect(session.tls?.authorized).toBe(true)
      expect(await collect(await session.retr(2))).toEqual(binary)
      await session.quit()
      await secured.close()
    }
  })
})

describe("logging in", () => {
  it("picks one mechanism: a token XOAUTH2 or OAUTHBEARER, a password PLAIN where offered, else USER and PASS", () => {
    const token = { username: "a", accessToken: "t" }
    const offers = (...names: string[]) => new Map([["SASL", names]])
    expect(selectMechanism(token, offers("OAUTHBEARER", "XOAUTH2"))).toBe("XOAUTH2")
    expect(selectMechanism(token, offers("oauthbearer"))).toBe("OAUTHBEARER")
    expect(selectMechanism(token, new Map())).toBe("XOAUTH2")
    expect(selectMechanism(alice, offers("LOGIN", "plain"))).toBe("PLAIN")
    expect(selectMechanism(alice, offers("LOGIN"))).toBe("USER")
  })

  it("AUTH goes in two steps (RFC 5034), with the response each mechanism prescribes", async () => {
    const session = await open()
    await session.login(alice, "PLAIN")
    await session.login({ username: "alice", accessToken: "secret" }, "XOAUTH2")
    await session.login({ username: "a=b,c", accessToken: "secret" }, "OAUTHBEARER")
    const sent = server?.lines.filter((line) => line !== "CAPA") ?? []
    expect(sent.filter((_line, at) => at % 2 === 0)).toEqual(["AUTH PLAIN", "AUTH XOAUTH2", "AUTH OAUTHBEARER"])
    expect(sent.filter((_line, at) => at % 2 === 1).map((line) => Buffer.from(line, "base64").toString())).toEqual([
      "\0alice\0secret",
      "user=alice\x01auth=Bearer secret\x01\x01",
      `n,a=a=3Db=2Cc,\x01host=127.0.0.1\x01port=${server?.port}\x01auth=Bearer secret\x01\x01`,
    ])
  })

  it("a refused token rejects with the server's explanation, once the challenge was answered", async () => {
    const explanation = Buffer.from('{"status":"401"}').toString("base64")
    const script = ["+ \r\n", `+ ${explanation}\r\n`, "-ERR [AUTH] refused\r\n"]
    const scripted = await startLineServer({
      onConnect: (peer) => peer.write("+OK\r\n"),
      onLine: (_line, peer) => peer.write(script.shift() ?? "-ERR\r\n"),
    })
    const session = await connectPop3({ host: "127.0.0.1", port: scripted.port, tls: "none" })
    const refused = session.login({ username: "alice", accessToken: "wrong" }, "OAUTHBEARER")
    await expect(refused).rejects.toMatchObject({
      code: "refused",
      responseCode: "AUTH",
      challenge: '{"status":"401"}',
    })
    expect(scripted.lines.at(-1)).toBe("AQ==")
    session.close()
    await scripted.close()
  })

  it("a refusal by PASS carries the response code, upper case, and never the password", async () => {
    const session = await open({ answers: { PASS: () => "-ERR [in-use] Maildrop already locked\r\n" } })
    const error: unknown = await session
      .login({ username: "alice", password: "hunter2" }, "USER")
      .catch((reason: unknown) => reason)
    expect(error).toMatchObject({
      code: "refused",
      command: "PASS",
      responseCode: "IN-USE",
      response: "[in-use] Maildrop already locked",
    })
    expect(JSON.stringify(error) + String(error)).not.toContain("hunter2")
  })
})
