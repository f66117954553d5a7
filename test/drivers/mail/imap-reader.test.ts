import type { MailboxReader } from "@postrider/core/ports/mailbox-reader"
import { createImapReader } from "@postrider/mail/imap/imap-reader"
import { createClock } from "@postrider/runtime/clock"
import { type Sandbox, startSandbox } from "@postrider/sandbox/start-sandbox"
import { afterAll, beforeAll, describe, expect, test } from "vitest"
import type { ReaderHarness } from "../../contracts/mailbox-reader/harness.ts"
import { failingCases, mailboxReaderContract } from "../../contracts/mailbox-reader.contract.ts"
import { blamingReader, brokenReader, cutAt, inOnePiece, quietly, refetched } from "../../support/broken-readers.ts"
import { certificate } from "../../support/certificates.ts"
import { loopback } from "../../support/loopback.ts"
import { quietLogger } from "../../support/quiet-logger.ts"
import { sandboxHarnesses } from "../../support/sandbox-harness.ts"
import { createTcpTap, type TcpTap } from "../../support/tcp-tap.ts"

const reader = createImapReader({ vet: loopback, clock: createClock(), log: quietLogger })
const can = ["remove", "flags"] as const
let sandbox: Sandbox | undefined
const running = (): Sandbox => {
  if (sandbox === undefined) throw new Error("no sandbox")
  return sandbox
}

beforeAll(async () => {
  sandbox = await startSandbox({ tls: certificate("server") })
})
afterAll(async () => sandbox?.stop())

for (const security of ["tls", "starttls", "none"] as const) {
  let next: (() => ReaderHarness) | undefined
  const fresh = async () => {
    next ??= sandboxHarnesses(running(), { protocol: "imap", security, reader })
    return next()
  }
  mailboxReaderContract(`IMAP with security ${security}`, { protocol: "imap", can, fresh })
}

/** Cases that the reader fails, of those whose name matches. */
function failing(broken: MailboxReader, among: RegExp): Promise<string[]> {
  const next = sandboxHarnesses(running(), { protocol: "imap", security: "tls", reader: broken })
  return failingCases({ protocol: "imap", can, fresh: async () => next() }, among)
}

describe("the contract catches a reader that", () => {
  test("drops missing mail silently", async () => {
    const broken = brokenReader(
      reader,
      refetched((mail) => (mail.kind === "missing" ? null : mail)),
    )
    expect(await failing(broken, /reported as missing/)).toHaveLength(1)
  })

  test("cuts bodies at 64 KB", async () => {
    const broken = brokenReader(
      reader,
      refetched((mail) => (mail.kind === "mail" ? { ...mail, body: cutAt(mail.body, 65_536) } : mail)),
    )
    expect(await failing(broken, /exact to the octet/)).toHaveLength(1)
  })

  test("takes a broken connection for the end of a body", async () => {
    const broken = brokenReader(
      reader,
      refetched((mail) => (mail.kind === "mail" ? { ...mail, body: quietly(mail.body) } : mail)),
    )
    expect(await failing(broken, /cut in the middle/)).toHaveLength(1)
  })

  test("collects a body before it gives it out", async () => {
    const broken = brokenReader(
      reader,
      refetched((mail) => (mail.kind === "mail" ? { ...mail, body: inOnePiece(mail.body) } : mail)),
    )
    expect(await failing(broken, /20 MB streams/)).toHaveLength(1)
  })

  test("delivers in another order than asked", async () => {
    const broken = brokenReader(reader, (session) => ({
      fetch: (refs, limits) =>
        session.fetch(
          [...refs].sort((a, b) => a - b),
          limits,
        ),
    }))
    expect(await failing(broken, /in the order asked/)).toHaveLength(1)
  })

  test("ignores the limit of size", async () => {
    const broken = brokenReader(reader, (session) => ({
      fetch: (refs) => session.fetch(refs, { maxBytes: 64 * 1024 * 1024 }),
    }))
    expect(await failing(broken, /over the limit/)).toHaveLength(1)
  })

  test("gives up rows below the range", async () => {
    const broken = brokenReader(reader, (session) => ({ list: () => session.list() }))
    expect(await failing(broken, /B2/)).toHaveLength(1)
  })

  test("calls a busy server a wrong password", async () => {
    expect(await failing(blamingReader(reader), /F2/)).toHaveLength(2)
  })

  test("knows no deadline", async () => {
    const patient: MailboxReader = { open: (options) => reader.open({ ...options, deadline: Date.now() + 60_000 }) }
    expect(await failing(patient, /never greets/)).toHaveLength(1)
  })

  test("does nothing on abort", async () => {
    expect(
      await failing(
        brokenReader(reader, () => ({ abort: () => undefined })),
        /^abort rejects/,
      ),
    ).toHaveLength(1)
  })
})

describe("the contract catches a reader that says on the wire", () => {
  const taps: TcpTap[] = []
  afterAll(async () => {
    for (const tap of taps) await tap.stop()
  })

  async function failingOnTheWire(rewrite: (text: string) => string, among: RegExp): Promise<string[]> {
    const tap = await createTcpTap(running().ports.imap, { rewrite })
    taps.push(tap)
    const next = sandboxHarnesses(running(), { protocol: "imap", security: "none", reader })
    const fresh = async () => {
      const harness = next()
      return { ...harness, server: { ...harness.server, port: tap.port } }
    }
    return failingCases({ protocol: "imap", can, fresh }, among)
  }

  test("EXAMINE in place of SELECT", async () => {
    const failed = await failingOnTheWire((text) => text.replace(/ SELECT /g, " EXAMINE "), /B1/)
    expect(failed).toHaveLength(1)
  })

  test("BODY in place of BODY.PEEK", async () => {
    const failed = await failingOnTheWire((text) => text.replaceAll("BODY.PEEK[", "BODY["), /does not set/)
    expect(failed).toHaveLength(1)
  })

  test("nothing wrong", async () => {
    expect(await failingOnTheWire((text) => text, /B1|does not set/)).toEqual([])
  })
})
