import { connectPop3 } from "@postrider/pop3/connect-pop3"
import type { Pop3Options } from "@postrider/pop3/options"
import { Pop3Error } from "@postrider/pop3/pop3-error"
import { afterEach, describe, expect, it } from "vitest"
import { certificate } from "../../support/certificates.ts"
import { type LineServer, type LineServerOptions, type Peer, startLineServer } from "../../support/line-server.ts"
import { collect } from "./collect.ts"

const servers: LineServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
})

/** A server that greets, and answers each command from a table of texts; a function does what it likes. */
type Answers = Record<string, string | ((peer: Peer) => void)>

async function serve(answers: Answers, options: LineServerOptions = {}): Promise<LineServer> {
  const server = await startLineServer({
    onConnect: (peer) => peer.write("+OK\r\n"),
    onLine: (line, peer) => {
      const answer = answers[line.split(" ")[0] ?? ""]
      if (typeof answer === "string") peer.write(answer)
      else answer?.(peer)
    },
    ...options,
  })
  servers.push(server)
  return server
}

const open = (server: LineServer, options: Partial<Pop3Options> = {}) =>
  connectPop3({ host: "127.0.0.1", port: server.port, tls: "none", ...options })

async function failure(promise: Promise<unknown>): Promise<Pop3Error> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof Pop3Error)) throw new Error(`expected a Pop3Error, got ${String(error)}`)
  return error
}

describe("a server that does not let us in", () => {
  it("greets with -ERR: connecting rejects with its words and response code", async () => {
    const server = await serve({}, { onConnect: (peer) => peer.write("-ERR [SYS/TEMP] come back later\r\n") })
    const error = await failure(open(server))
    expect(error).toMatchObject({ code: "refused", stage: "greeting", responseCode: "SYS/TEMP" })
    expect(error.response).toBe("[SYS/TEMP] come back later")
  })

  it("closes before the greeting: connecting rejects as closed, in stage greeting", async () => {
    const server = await serve({}, { onConnect: ({ socket }) => socket.end() })
    expect(await failure(open(server))).toMatchObject({ code: "closed", stage: "greeting" })
  })

  it("resets the connection before the greeting: connecting rejects with the socket's error as cause", async () => {
    const server = await serve({}, { onConnect: ({ socket }) => socket.resetAndDestroy() })
    const error = await failure(open(server))
    // The reset may overtake the news that the connection stands.
    expect(["connect connect", "closed greeting"]).toContain(`${error.code} ${error.stage}`)
    expect(error.cause).toMatchObject({ code: "ECONNRESET" })
  })

  it("says nothing: the greeting's deadline ends it", async () => {
    const server = await serve({}, { onConnect: () => undefined })
    expect(await failure(open(server, { greetingTimeoutMs: 40 }))).toMatchObject({ code: "timeout", stage: "greeting" })
  })

  it("speaks another protocol: protocol, with what it said", async () => {
    const server = await serve({}, { onConnect: (peer) => peer.write("220 smtp.example ESMTP\r\n") })
    expect(await failure(open(server))).toMatchObject({
      code: "protocol",
      stage: "greeting",
      response: "220 smtp.example ESMTP",
    })
  })

  it("is not there: connect, with the socket's error as cause", async () => {
    const server = await serve({})
    await server.close()
    expect(await failure(open(server))).toMatchObject({
      code: "connect",
      stage: "connect",
      cause: { code: "ECONNREFUSED" },
    })
  })

  it("never finishes the TLS handshake: the handshake's deadline ends it", async () => {
    const server = await serve({}, { onConnect: () => undefined })
    expect(await failure(open(server, { tls: "implicit", tlsTimeoutMs: 40 }))).toMatchObject({
      code: "timeout",
      stage: "tls",
    })
  })
})

describe("limits", () => {
  it("an endless line ends the session", async () => {
    const server = await serve({ NOOP: ({ socket }) => flood(socket, "x".repeat(1000)) })
    const client = await open(server)
    expect(await failure(client.noop())).toMatchObject({ code: "limit", command: "NOOP" })
  })

  it("an endless listing ends the session by its number of lines", async () => {
    const server = await serve({
      UIDL: ({ socket }) => {
        socket.write("+OK\r\n")
        flood(socket, "1 a\r\n".repeat(200))
      },
    })
    const client = await open(server, { maxListingLines: 5000 })
    expect(await failure(client.uidl())).toMatchObject({ code: "limit", command: "UIDL" })
  })

  it("a message over its limit rejects, and the session goes on when the rest is short", async () => {
    const server = await serve({ RETR: `+OK\r\n${"y".repeat(5000)}\r\n.\r\n`, NOOP: "+OK\r\n" })
    const client = await open(server)
    expect(await failure(collect(await client.retr(1, { maxBytes: 1000 })))).toMatchObject({
      code: "limit",
      command: "RETR",
    })
    await client.noop()
    client.close()
  })
})

describe("a server that loses its way", () => {
  it("cuts a message: reading it rejects as closed and does not end as if complete", async () => {
    const server = await serve({ RETR: ({ socket }) => socket.end("+OK\r\nhalf of it\r\n") })
    const client = await open(server)
    expect(await failure(collect(await client.retr(1)))).toMatchObject({ code: "closed", command: "RETR" })
    expect(await failure(client.noop())).toMatchObject({ code: "closed", command: "NOOP" })
  })

  it("closes with several calls pending: each of them rejects, with its own command", async () => {
    const server = await serve({ NOOP: ({ socket }) => socket.destroy() })
    const client = await open(server)
    const errors = await Promise.all(
      [client.noop(), client.stat(), client.retr(1), client.uidl(), client.quit()].map(failure),
    )
    expect(errors.map(({ code, command }) => `${command} ${code}`)).toEqual(
      ["NOOP", "STAT", "RETR", "UIDL", "QUIT"].map((command) => `${command} closed`),
    )
  })

  it("answers with garbage: protocol", async () => {
    const server = await serve({ STAT: "\x00\xff\x01\r\n" })
    expect(await failure((await open(server)).stat())).toMatchObject({ code: "protocol", command: "STAT" })
  })

  it("answers a listing with lines that are none: protocol", async () => {
    const server = await serve({ LIST: "+OK\r\none two\r\n.\r\n" })
    expect(await failure((await open(server)).list())).toMatchObject({ code: "protocol", command: "LIST" })
  })

  it("answers twice: the second +OK ends the session instead of answering the next command", async () => {
    const server = await serve({ NOOP: "+OK\r\n+OK\r\n" })
    const client = await open(server)
    await client.noop()
    expect(await failure(client.stat())).toMatchObject({ code: "protocol" })
  })

  it("answers twice in one piece: not even a call that waits already takes the second +OK for its own", async () => {
    const client = await open(await serve({ NOOP: "+OK\r\n+OK 7 7\r\n", STAT: "+OK 1 1\r\n" }))
    const [noop, stat] = [client.noop(), failure(client.stat())]
    await noop
    expect(await stat).toMatchObject({ code: "protocol", command: "STAT" })
  })

  it("says goodbye by itself: closed, with its words", async () => {
    const server = await serve({ NOOP: "+OK\r\n-ERR [SYS/TEMP] idle too long\r\n" })
    const client = await open(server)
    await client.noop()
    expect(await failure(client.stat())).toMatchObject({ code: "closed", responseCode: "SYS/TEMP" })
  })

  it("sends endless challenges to AUTH: protocol", async () => {
    const server = await serve({}, { onLine: (_line, peer) => peer.write("+ eA==\r\n") })
    const client = await open(server)
    const error = await failure(client.login({ username: "a", password: "b" }, "PLAIN"))
    expect(error).toMatchObject({ code: "protocol", command: "AUTH" })
  })
})

describe("deadlines", () => {
  it("a silent server: the command's deadline", async () => {
    const client = await open(await serve({}), { commandTimeoutMs: 40 })
    expect(await failure(client.stat())).toMatchObject({ code: "timeout", command: "STAT" })
  })

  it("a server that stops within a message: the same deadline, from the last octets", async () => {
    const client = await open(await serve({ RETR: "+OK\r\nhalf" }), { commandTimeoutMs: 40 })
    expect(await failure(collect(await client.retr(1)))).toMatchObject({ code: "timeout", command: "RETR" })
  })

  it("a server that drips octets for ever: the total deadline", async () => {
    const server = await serve({
      RETR: ({ socket }) => {
        socket.write("+OK\r\n")
        const timer = setInterval(() => socket.write("x"), 5)
        socket.on("close", () => clearInterval(timer))
      },
    })
    const client = await open(server, { commandTimeoutMs: 1000, totalTimeoutMs: 150 })
    expect(await failure(collect(await client.retr(1)))).toMatchObject({ code: "timeout", command: "RETR" })
  })

  it("a status line that drips is not given more time by each octet", async () => {
    const server = await serve({
      NOOP: ({ socket }) => {
        const timer = setInterval(() => socket.write("+"), 5)
        socket.on("close", () => clearInterval(timer))
      },
    })
    const client = await open(server, { commandTimeoutMs: 60 })
    expect(await failure(client.noop())).toMatchObject({ code: "timeout", command: "NOOP" })
  })

  it("a signal ends a pending call at once, and one that fired before prevents the session", async () => {
    const controller = new AbortController()
    const server = await serve({})
    const client = await open(server, { signal: controller.signal })
    const pending = failure(client.stat())
    controller.abort(new Error("enough"))
    expect(await pending).toMatchObject({ code: "aborted", command: "STAT", cause: { message: "enough" } })
    expect(await failure(open(server, { signal: controller.signal }))).toMatchObject({ code: "aborted" })
  })
})

describe("STLS (RFC 2595)", () => {
  const tls = certificate("server")
  const trust = { ca: certificate("ca").cert }
  const capa = "+OK\r\nSTLS\r\n.\r\n"
  const startTls = (peer: Peer) => {
    peer.write("+OK\r\n")
    peer.startTls()
  }

  it("secures the session; the capabilities read before it are forgotten", async () => {
    const server = await serve({ CAPA: capa, STLS: startTls, NOOP: "+OK\r\n" }, { tls })
    const client = await open(server, { tls: "starttls", tlsOptions: trust })
    await client.noop()
    expect(client.tls?.authorized).toBe(true)
    expect(client.capabilities).toBeNull()
    client.close()
  })

  it.each([
    ["in one piece with the answer", (peer: Peer) => peer.write("+OK\r\n+OK injected\r\n")],
    [
      "just behind it",
      (peer: Peer) => {
        peer.write("+OK\r\n")
        setImmediate(() => peer.write("+OK injected\r\n"))
      },
    ],
  ])("octets received before the handshake end the connection, %s (mail-rules N2)", async (_where, answer) => {
    const server = await serve({ CAPA: capa, STLS: answer }, { tls })
    const error = await failure(open(server, { tls: "starttls", tlsOptions: trust }))
    expect(["injection", "tls"]).toContain(error.code)
    expect(error.stage).toBe("tls")
  })

  it("is required: a server without it gets nothing else to hear", async () => {
    const server = await serve({ CAPA: "+OK\r\nUIDL\r\n.\r\n" })
    expect(await failure(open(server, { tls: "starttls" }))).toMatchObject({ code: "starttls_missing" })
    expect(server.lines).toEqual(["CAPA"])
  })

  it("is tried at a server without CAPA, and its refusal is the end", async () => {
    const server = await serve({ CAPA: "-ERR what\r\n", STLS: "-ERR what\r\n" })
    expect(await failure(open(server, { tls: "starttls" }))).toMatchObject({
      code: "starttls_missing",
      response: "what",
    })
  })

  it("an untrusted certificate ends the connection before anything else is sent", async () => {
    const server = await serve({ CAPA: capa, STLS: startTls }, { tls })
    const error = await failure(open(server, { tls: "starttls" }))
    expect(error).toMatchObject({ code: "tls", cause: { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" } })
    expect(server.lines).toEqual(["CAPA", "STLS"])
  })

  it("a certificate authority that is no certificate rejects, too, and leaves no connection", async () => {
    const server = await serve({ CAPA: capa, STLS: startTls }, { tls })
    const error = await failure(
      open(server, { tls: "starttls", tlsOptions: { ca: "-----BEGIN CERTIFICATE-----\nno\n" } }),
    )
    expect(error).toMatchObject({ code: "tls" })
  })
})

describe("what the caller may not send", () => {
  it("CR, LF and NUL in names and secrets, and numbers that are none: rejected before a single octet", async () => {
    const server = await serve({ CAPA: "-ERR\r\n" })
    const client = await open(server)
    const calls = [
      client.login({ username: "a\r\nDELE 1", password: "b" }, "USER"),
      client.login({ username: "a", password: "b\0" }, "PLAIN"),
      client.retr(Number.NaN),
      client.dele(-1),
    ]
    for (const error of await Promise.all(calls.map(failure))) expect(error.code).toBe("invalid_argument")
    expect(server.lines).toEqual([])
    client.close()
  })
})

/** Writes for as long as the other side takes it. */
function flood(socket: Peer["socket"], text: string) {
  const write = () => {
    while (!socket.destroyed && socket.write(text));
  }
  socket.on("drain", write)
  write()
}
