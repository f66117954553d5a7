import type { Clock } from "@postrider/core/ports/clock"
import type { Ids } from "@postrider/core/ports/ids"
import type { Logger } from "@postrider/core/ports/logger"
import { openEmbeddedEngine } from "@postrider/engines/embedded/engine"
import type { Engine } from "@postrider/engines/engine"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { createImapReader } from "@postrider/mail/imap/imap-reader"
import { createMailboxReader } from "@postrider/mail/mailbox-reader"
import { createMimeComposer } from "@postrider/mail/mime/compose"
import { createMimeParser } from "@postrider/mail/mime/parse"
import { createPop3Reader } from "@postrider/mail/pop3/pop3-reader"
import { createSmtpSender } from "@postrider/mail/smtp/smtp-sender"
import { createPortProbe } from "@postrider/mail/verify/probe-port"
import { createWebhookSender } from "@postrider/webhook/webhook-sender"
import { assembleRelay, guardOf, type Relay } from "./assemble-relay.ts"
import { createClock } from "./clock.ts"
import type { Config } from "./config/config.ts"
import type { Secrets } from "./config/secrets.ts"
import { createIds } from "./ids.ts"
import { lastEventTime } from "./last-event-time.ts"
import { parseLimits } from "./parse-options.ts"

export interface ComposeOptions {
  config: Config
  secrets: Secrets
  log: Logger
  publicUrl: string
  /** Parts that tests swap. */
  clock?: Clock
}

/** Puts the drivers behind the ports of a process that consumes by itself. For the functions, see `compose-lambda.ts`. */
export async function compose(options: ComposeOptions): Promise<Relay> {
  const { config, log } = options
  const clock = options.clock ?? createClock()
  const ids = createIds({ clock })
  const vet = guardOf(config, clock)
  const engine = await openEngine(config, { clock, ids })
  const soleOwner = config.engine.kind !== "aws"
  return assembleRelay({
    ...options,
    clock,
    ids,
    engine,
    ...(soleOwner && { lastEventAt: await logEnd(engine, clock) }),
    vet,
    drivers: {
      sender: createSmtpSender({ vet, clock, log }),
      reader: createMailboxReader({
        imap: createImapReader({ vet, clock, log }),
        pop3: createPop3Reader({ vet, clock }),
      }),
      probe: createPortProbe({ vet, clock }),
      composer: createMimeComposer(),
      parser: createMimeParser({ ...parseLimits, maxBytes: config.maxMessageBytes }),
      webhooks: createWebhookSender({ vet, clock }),
    },
    soleOwner,
  })
}

async function logEnd(engine: Engine, clock: Clock): Promise<number> {
  try {
    return await lastEventTime({ records: engine.records, clock })
  } catch (error) {
    await engine.close()
    throw error
  }
}

async function openEngine({ engine }: Config, { clock, ids }: { clock: Clock; ids: Ids }): Promise<Engine> {
  switch (engine.kind) {
    case "memory":
      return createMemoryEngine({ clock })
    case "embedded":
      return openEmbeddedEngine({ dir: engine.dir, clock })
    case "aws": {
      const { createAwsEngine } = await import("@postrider/engines/aws/engine")
      return createAwsEngine({ ...engine, clock, ids })
    }
  }
}
