import { createPop3Reader } from "@postrider/mail/pop3/pop3-reader"
import { createClock } from "@postrider/runtime/clock"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import { mailboxReaderContract, readerCases } from "../../contracts/mailbox-reader.contract.ts"
import { type Dovecot, dovecotMissing, startDovecot } from "../../support/dovecot.ts"
import { boxNames, dovecotHarnesses } from "../../support/dovecot-harness.ts"
import { loopback } from "../../support/loopback.ts"

const skip = dovecotMissing()
const reader = createPop3Reader({ vet: loopback, clock: createClock() })

for (const security of ["tls", "starttls"] as const) {
  let dovecot: Dovecot | undefined
  let next: ReturnType<typeof dovecotHarnesses> | undefined

  beforeAll(async () => {
    if (skip !== null) return
    const started = await startDovecot({ users: boxNames(readerCases.length) })
    if ("skip" in started) throw new Error(started.skip)
    dovecot = started
    next = dovecotHarnesses(started, { protocol: "pop3", security, reader })
  })
  afterAll(async () => dovecot?.stop())

  mailboxReaderContract(`[needs dovecot] POP3 over ${security} with Dovecot`, {
    protocol: "pop3",
    can: [],
    skip,
    fresh: async () => next?.() ?? Promise.reject(new Error("no server")),
  })
}

describe.skipIf(skip !== null)(skip ?? "[needs dovecot] POP3 with Dovecot", () => {
  const deadline = () => Date.now() + 10_000

  async function withDovecot(
    extra: string,
    work: (dovecot: Dovecot, open: () => ReturnType<typeof reader.open>) => Promise<void>,
  ) {
    const dovecot = await startDovecot({ extra })
    if ("skip" in dovecot) throw new Error(dovecot.skip)
    const server = {
      host: "localhost",
      port: dovecot.ports.pop3s,
      security: "tls" as const,
      tls: { ca: dovecot.ca },
      credentials: { kind: "password" as const, username: "alice", password: dovecot.password },
    }
    try {
      await work(dovecot, () => reader.open({ protocol: "pop3", server, deadline: deadline() }))
    } finally {
      await dovecot.stop()
    }
  }

  test("NUL and 8-bit octets come as they lie in the maildrop (mail-rules B7)", async () => {
    await withDovecot("", async (dovecot, open) => {
      const raw = Buffer.from("Subject: x\r\n\r\na\0b\xff\x80\r\n", "latin1")
      await dovecot.drop("alice", raw)
      const session = await open()
      for await (const one of session.fetch([1], { maxBytes: 1000 })) {
        if (one.kind !== "mail") throw new Error(one.kind)
        const pieces: Uint8Array[] = []
        for await (const piece of one.body) pieces.push(piece)
        expect(Buffer.concat(pieces)).toEqual(raw)
      }
      expect(await session.end()).toEqual({ committed: true })
    })
  })

  test("one UIDL for all mails is listed as the server says it (mail-rules D2)", async () => {
    await withDovecot("pop3_uidl_format = %08Xv\n", async (dovecot, open) => {
      for (const subject of ["one", "two"]) await dovecot.drop("alice", Buffer.from(`Subject: ${subject}\r\n\r\n`))
      const session = await open()
      const listed = await session.list()
      expect(new Set(listed.map(({ uidl }) => uidl)).size).toBe(1)
      expect(listed.map(({ ref }) => ref)).toEqual([1, 2])
      await session.end()
    })
  })

  test("a connection that ends after UIDL's +OK is a fault of the connection, not an empty maildrop", async () => {
    await withDovecot("pop3_uidl_format = %m\n", async (dovecot, open) => {
      await dovecot.drop("alice", Buffer.from("Subject: one\r\n\r\n"))
      await expect(open()).rejects.toMatchObject({ options: { fault: { class: "connect", stage: "list" } } })
    })
  })

  test("a maildrop locked by another session makes PASS wait, which is no fault of the credentials (mail-rules D5)", async () => {
    await withDovecot("pop3_lock_session = yes\n", async (dovecot, open) => {
      await dovecot.drop("alice", Buffer.from("Subject: one\r\n\r\n"))
      const first = await open()
      const second = open().then(
        (session) => session,
        (error: unknown) => error,
      )
      expect(await first.end()).toEqual({ committed: true })
      const outcome = await second
      if (outcome instanceof Error)
        expect(outcome).toMatchObject({ options: { fault: { stage: "auth", class: "timeout" } } })
      else await (outcome as Awaited<typeof first>).end()
    })
  })
})
