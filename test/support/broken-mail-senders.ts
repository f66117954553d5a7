import type { MailSender, RecipientResult, SendRequest, SendResult } from "@postrider/core/ports/mail-sender"
import { certificate } from "./certificates.ts"
import { createTcpTap } from "./tcp-tap.ts"

type Break = (good: MailSender) => MailSender

const after =
  (change: (result: SendResult, request: SendRequest) => SendResult): Break =>
  (good) => ({ ...good, send: async (request) => change(await good.send(request), request) })

const before =
  (change: (request: SendRequest) => SendRequest): Break =>
  (good) => ({ ...good, send: (request) => good.send(change(request)) })

const each = (change: (recipient: RecipientResult, result: SendResult) => Partial<RecipientResult>): Break =>
  after((result) => ({
    ...result,
    recipients: result.recipients.map((recipient) => ({ ...recipient, ...change(recipient, result) })),
  }))

/** What the client says, changed on its way. */
const saying =
  (rewrite: (text: string) => string): Break =>
  (good) => ({
    ...good,
    async send(request) {
      const tap = await createTcpTap(request.server.port, { rewrite })
      try {
        return await good.send({ ...request, server: { ...request.server, port: tap.port } })
      } finally {
        await tap.stop()
      }
    },
  })

async function* withoutDots(request: SendRequest): AsyncGenerator<Uint8Array> {
  let text = ""
  for await (const chunk of request.body()) text += Buffer.from(chunk).toString("latin1")
  yield Buffer.from(text.replace(/^\./gm, ""), "latin1")
}

/** Senders with one defect each, over one that has none. The contract must notice every one of them. */
export const brokenMailSenders = {
  "a drop at the dot is reported as accepted": each(({ outcome }) =>
    outcome === "unknown" ? { outcome: "accepted" } : {},
  ),
  "a drop at the dot is reported as deferred": each(({ outcome }) =>
    outcome === "unknown" ? { outcome: "deferred" } : {},
  ),
  "a drop before the dot is reported as unknown": each(({ outcome }, { fault }) =>
    outcome === "deferred" && fault?.class === "connect" ? { outcome: "unknown" } : {},
  ),
  "refusals at RCPT are lost when DATA fails": each((_, { stage, reply }) =>
    (stage === "data" || stage === "dot") && (reply?.code ?? 0) >= 400 ? { outcome: "deferred", reply } : {},
  ),
  "refusals at RCPT are lost when the connection dies": each((_, { fault }) =>
    fault === null ? {} : { outcome: "deferred", reply: null },
  ),
  "every recipient gets the last answer": each((_, { reply }) => ({ reply })),
  "4xx is final": each(({ outcome, reply }) =>
    outcome === "deferred" && reply !== null ? { outcome: "rejected" } : {},
  ),
  "421 is final for all": each(({ reply }) => (reply?.code === 421 ? { outcome: "rejected" } : {})),
  "DSN is asked though it is not offered": saying((text) => text.replace(/^(MAIL FROM:<[^>]*>)/m, "$1 RET=HDRS")),
  "DSN is not asked though it is offered": saying((text) => text.replace(/ RET=HDRS ENVID=\S+/, "")),
  "ORCPT is said for each of several": saying((text) => text.replace(/^(RCPT TO:<([^>]*)>)/gm, "$1 ORCPT=rfc822;$2")),
  "SIZE is ignored": before((request) => ({ ...request, size: 0 })),
  "SMTPUTF8 is not asked": before((request) => ({ ...request, smtpUtf8: false })),
  "8BITMIME is not asked": before((request) => ({ ...request, eightBit: false })),
  "dots at line starts are lost": before((request) => ({ ...request, body: () => withoutDots(request) })),
  "no TLS where STARTTLS is not offered": (good) => ({
    ...good,
    async send(request) {
      const result = await good.send(request)
      if (result.fault?.stage !== "starttls") return result
      return good.send({ ...request, server: { ...request.server, security: "none" } })
    },
  }),
  "a refused password is tried again": (good) => ({
    ...good,
    async send(request) {
      const result = await good.send(request)
      return result.fault?.stage === "auth" ? good.send(request) : result
    },
  }),
  "certificates are trusted by their own word": before((request) => ({
    ...request,
    server: { ...request.server, tls: { ca: certificate("self-signed").cert } },
  })),
  "more connections than allowed": before((request) => ({ ...request, maxConnections: 10 })),
  "a connection for every mail": before((request) => ({ ...request, poolKey: String(Math.random()) })),
  "a lost idle connection costs an attempt": (good) => {
    let sent = 0
    return {
      ...good,
      async send(request) {
        const result = await good.send(request)
        const recipients = result.recipients.map((recipient) => ({ ...recipient, outcome: "deferred" as const }))
        return ++sent > 1 ? { ...result, recipients } : result
      },
    }
  },
  "the deadline is forgotten": before((request) => ({ ...request, deadline: Date.now() + 3_000 })),
  "abort is ignored": before(({ signal: _, ...request }) => request),
  "an error of the body is taken for one of the server": (good) => ({
    ...good,
    send: async (request) =>
      good.send(request).catch(() => good.send({ ...request, recipients: [], body: () => request.body() })),
  }),
  "a check sends a mail": (good) => ({
    ...good,
    async check(server, options) {
      const check = await good.check(server, options)
      await good.send({
        server,
        poolKey: "check",
        maxConnections: 1,
        mailFrom: options.mailFrom,
        recipients: [{ address: options.mailFrom }],
        size: 0,
        async *body() {},
        eightBit: false,
        smtpUtf8: false,
        dsn: { envid: "x", ret: "hdrs" },
        deadline: options.deadline,
      })
      return check
    },
  }),
} satisfies Record<string, Break>
