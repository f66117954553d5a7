import assert from "node:assert/strict"
import { createServer, type Socket } from "node:net"
import { startLineServer } from "../../support/line-server.ts"
import { createTcpTap } from "../../support/tcp-tap.ts"
import { both, faultOf, generous, mail, octets, open, type ReaderCase, refs, text, withInbox } from "./harness.ts"

/** A server that speaks plain text on another port. */
const plain = (port: number) => ({ port, security: "none" as const })

export const failureCases: ReaderCase[] = [
  {
    name: "a wrong password is class auth, asked once (mail-rules F3)",
    protocols: both,
    async run(harness) {
      const username = harness.server.credentials?.username ?? ""
      const credentials = { kind: "password", username, password: "not it" } as const
      const fault = await faultOf(open(harness, { server: { credentials } }))
      assert.equal(fault.class, "auth")
      assert.equal(fault.stage, "auth")
    },
  },
  {
    name: "a login refused for the number of connections or a lock is not class auth (mail-rules F2, D5)",
    protocols: both,
    async run(harness) {
      let logins = 0
      const refuse = {
        imap: (line: string) => {
          const [tag, command] = line.split(" ")
          if (command === "CAPABILITY") return `* CAPABILITY IMAP4rev1\r\n${tag} OK done\r\n`
          if (command === "LOGIN") logins++
          return `${tag} NO [LIMIT] Maximum number of connections exceeded\r\n`
        },
        pop3: (line: string) => {
          if (line.startsWith("USER")) return "+OK\r\n"
          if (line.startsWith("PASS")) logins++
          return line.startsWith("PASS") ? "-ERR [IN-USE] the maildrop is locked\r\n" : "-ERR unknown\r\n"
        },
      }[harness.protocol]
      const server = await startLineServer({
        onConnect: (peer) => peer.write(harness.protocol === "imap" ? "* OK ready\r\n" : "+OK ready\r\n"),
        onLine: (line, peer) => peer.write(refuse(line)),
      })
      try {
        const fault = await faultOf(open(harness, { server: plain(server.port) }))
        assert.ok(["too_many_connections", "throttled"].includes(fault.class), fault.class)
        assert.equal(logins, 1)
      } finally {
        await server.close()
      }
    },
  },
  {
    name: "a connection closed before the greeting is not class auth (mail-rules F2)",
    protocols: both,
    async run(harness) {
      const server = await startLineServer({ onConnect: (peer) => peer.socket.end() })
      try {
        const fault = await faultOf(open(harness, { server: plain(server.port) }))
        assert.equal(fault.class, "too_many_connections")
        assert.equal(fault.misconfigured, false)
      } finally {
        await server.close()
      }
    },
  },
  {
    name: "nobody listening is a fault of the connection",
    protocols: both,
    async run(harness) {
      const server = await startLineServer({})
      await server.close()
      const fault = await faultOf(open(harness, { server: plain(server.port) }))
      assert.equal(fault.class, "connect")
      assert.equal(fault.code, "ECONNREFUSED")
    },
  },
  {
    name: "a connection cut in the middle of a body throws a fault, it does not end the body",
    protocols: both,
    async run(harness) {
      await harness.deliver(mail("cut", text(6_000_000)))
      const tap = await createTcpTap(harness.server.port)
      try {
        await withInbox(
          harness,
          async (session) => {
            const wanted = await refs(session)
            const read = async () => {
              for await (const one of session.fetch(wanted, generous)) {
                assert.equal(one.kind, "mail")
                if (one.kind !== "mail") continue
                let cut = false
                for await (const _ of one.body) {
                  if (!cut) tap.cutAfter(1_500_000)
                  cut = true
                }
              }
            }
            const fault = await faultOf(read())
            assert.notEqual(fault.class, "auth")
            await faultOf(session.list())
          },
          { server: { port: tap.port } },
        )
      } finally {
        await tap.stop()
      }
    },
  },
  {
    name: "the deadline ends a server that never greets",
    protocols: both,
    async run(harness) {
      const sockets: Socket[] = []
      const server = createServer((socket) => sockets.push(socket))
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      try {
        const address = server.address()
        assert.ok(typeof address === "object" && address !== null)
        const fault = await faultOf(open(harness, { server: plain(address.port), deadlineMs: 300 }), 3_000)
        assert.equal(fault.class, "timeout")
      } finally {
        for (const socket of sockets) socket.destroy()
        server.close()
      }
    },
  },
  {
    name: "the deadline ends a server that falls silent, for every pending call",
    protocols: both,
    async run(harness) {
      await harness.deliver(mail("silent", text(3_000_000)))
      const tap = await createTcpTap(harness.server.port)
      try {
        const session = await open(harness, { server: { port: tap.port }, deadlineMs: 1_500 })
        await session.select("INBOX")
        const wanted = await refs(session)
        tap.mute()
        const faults = await Promise.all([
          faultOf(readOne(session.fetch(wanted, generous)), 4_000),
          faultOf(session.headers(wanted), 4_000),
        ])
        assert.deepEqual(
          faults.map((fault) => fault.class),
          ["timeout", "timeout"],
        )
        await session.end()
      } finally {
        await tap.stop()
      }
    },
  },
  {
    name: "abort rejects what is pending, and what comes after",
    protocols: both,
    async run(harness) {
      const session = await open(harness)
      await session.select("INBOX")
      const pending = faultOf(
        session.headers([1, 2, 3]).then(() => session.headers([1])),
        3_000,
      )
      session.abort()
      await pending
      await faultOf(session.list(), 1_000)
      assert.deepEqual(await session.end(), { committed: false })
    },
  },
  {
    name: "the signal ends the opening",
    protocols: both,
    async run(harness) {
      const controller = new AbortController()
      const opening = faultOf(open(harness, { signal: controller.signal }), 3_000)
      controller.abort(new Error("enough"))
      await opening
      await faultOf(open(harness, { signal: controller.signal }), 1_000)
    },
  },
  {
    name: "end can be called twice, and tells the same",
    protocols: both,
    async run(harness) {
      const session = await open(harness)
      await session.select("INBOX")
      const [first, second] = await Promise.all([session.end(), session.end()])
      assert.deepEqual(first, { committed: true })
      assert.deepEqual(second, first)
      assert.deepEqual(await session.end(), first)
      await faultOf(session.list(), 1_000)
    },
  },
]

async function readOne(mails: AsyncIterable<{ kind: string; body?: AsyncIterable<Uint8Array> }>): Promise<void> {
  for await (const one of mails) if (one.body !== undefined) await octets(one.body)
}
