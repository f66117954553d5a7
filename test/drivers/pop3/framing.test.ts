import { connectPop3 } from "@postrider/pop3/connect-pop3"
import { createDotDecoder } from "@postrider/pop3/dot-decoder"
import fc from "fast-check"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { type LineServer, startLineServer } from "../../support/line-server.ts"
import { stuff } from "../../support/maildrop-server.ts"
import { collect } from "./collect.ts"

/** Octets that framing is about, often; all others, sometimes. */
const octet = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(0x0d, 0x0a, 0x2e) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 255 }) },
)
const content = fc.array(octet, { maxLength: 60 }).map((octets) => Buffer.from([...octets, 0x0d, 0x0a]))
const cuts = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 40 })

/** The cut lengths over and over, to the end of `octets`. */
function slice(octets: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = []
  for (let at = 0, turn = 0; at < octets.length; turn++) {
    const end = at + (lengths[turn % lengths.length] ?? 1)
    chunks.push(Buffer.from(octets.subarray(at, end)))
    at = end
  }
  return chunks
}

describe("multi-line responses (RFC 1939 section 3)", () => {
  it("come out octet for octet whatever the content and wherever the chunks are cut", () => {
    fc.assert(
      fc.property(content, cuts, fc.constantFrom("", "+OK next\r\n"), (message, lengths, following) => {
        const decoder = createDotDecoder()
        const data: Buffer[] = []
        let rest = ""
        let done = false
        for (const chunk of slice(Buffer.concat([stuff(message), Buffer.from(following)]), lengths)) {
          if (done) rest += chunk.toString("latin1")
          else {
            const read = decoder.push(chunk, 0)
            data.push(...read.data.map((piece) => Buffer.from(piece)))
            done = read.done
            rest += chunk.subarray(read.next).toString("latin1")
          }
        }
        expect(done).toBe(true)
        expect(Buffer.concat(data).equals(message)).toBe(true)
        expect(rest).toBe(following)
      }),
      { numRuns: 3000 },
    )
  })

  it("keep a bare CR or LF beside dots, which end no line", () => {
    const message = Buffer.from("a\n.\nb\r.\r\n..\r\r\n.\r.\n\r\n", "latin1")
    const read = createDotDecoder().push(stuff(message), 0)
    expect(read.done).toBe(true)
    expect(Buffer.concat(read.data).equals(message)).toBe(true)
  })
})

describe("a session over a socket that cuts its chunks anywhere", () => {
  let server: LineServer
  let current: { wire: Buffer; lengths: readonly number[] } = { wire: Buffer.alloc(0), lengths: [1] }

  beforeAll(async () => {
    server = await startLineServer({
      onConnect: (peer) => peer.write("+OK\r\n"),
      onLine: (line, { socket }) => {
        const chunks = slice(line === "NOOP" ? Buffer.from("+OK\r\n") : current.wire, current.lengths)
        const write = () => {
          const chunk = chunks.shift()
          if (chunk !== undefined) socket.write(chunk, () => setImmediate(write))
        }
        write()
      },
    })
  })
  afterAll(() => server.close())

  it("delivers the exact octets and stays in step, chunk by chunk over TCP", async () => {
    const client = await connectPop3({ host: "127.0.0.1", port: server.port, tls: "none" })
    await fc.assert(
      fc.asyncProperty(content, cuts, async (message, lengths) => {
        current = { wire: Buffer.concat([Buffer.from("+OK 120 octets\r\n"), stuff(message)]), lengths }
        const received = await collect(await client.retr(1))
        await client.noop()
        expect(received.equals(message)).toBe(true)
      }),
      { numRuns: 150 },
    )
    client.close()
  })
})
