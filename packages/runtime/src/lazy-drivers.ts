import type { Clock } from "@postrider/core/ports/clock"
import type { Logger } from "@postrider/core/ports/logger"
import type { VetAddress } from "@postrider/core/ports/mail-server"
import type { Drivers } from "./assemble-relay.ts"
import type { ParseOptions } from "./parse-options.ts"

export interface LazyDriversOptions {
  vet: VetAddress
  clock: Clock
  log: Logger
  parse: ParseOptions
}

/** The drivers towards mail servers and endpoints, each read from disk when it is first used: most cold starts need one of them. */
export function createLazyDrivers(options: LazyDriversOptions): Drivers {
  const sender = once(async () => (await import("@postrider/mail/smtp/smtp-sender")).createSmtpSender(options))
  const imap = once(async () => (await import("@postrider/mail/imap/imap-reader")).createImapReader(options))
  const pop3 = once(async () => (await import("@postrider/mail/pop3/pop3-reader")).createPop3Reader(options))
  const probe = once(async () => (await import("@postrider/mail/verify/probe-port")).createPortProbe(options))
  const composer = once(async () => (await import("@postrider/mail/mime/compose")).createMimeComposer())
  const parser = once(async () => (await import("@postrider/mail/mime/parse")).createMimeParser(options.parse))
  const webhooks = once(async () => (await import("@postrider/webhook/webhook-sender")).createWebhookSender(options))
  return {
    sender: {
      send: async (request) => (await sender.get()).send(request),
      check: async (server, limits) => (await sender.get()).check(server, limits),
      close: async () => (await sender.made())?.close(),
    },
    reader: { open: async (request) => (await (request.protocol === "imap" ? imap : pop3).get()).open(request) },
    probe: { probe: async (request) => (await probe.get()).probe(request) },
    composer: { compose: async (mail) => (await composer.get()).compose(mail) },
    parser: {
      parse: async (raw) => (await parser.get()).parse(raw),
      parseHeaders: async (block) => (await parser.get()).parseHeaders(block),
      attachment: async (raw, index) => (await parser.get()).attachment(raw, index),
      close: async () => (await parser.made())?.close(),
    },
    webhooks: {
      post: async (request) => (await webhooks.get()).post(request),
      close: async () => (await webhooks.made())?.close(),
    },
  }
}

/** Makes a thing when first asked for it; asks again after a failure. */
function once<T>(make: () => Promise<T>): { get(): Promise<T>; made(): Promise<T | undefined> } {
  let thing: Promise<T> | undefined
  return {
    get() {
      thing ??= make().catch((error: unknown) => {
        thing = undefined
        throw error
      })
      return thing
    },
    made: async () => thing,
  }
}
