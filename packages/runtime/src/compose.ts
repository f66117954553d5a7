import { createEventClock } from "@postrider/core/event/event-clock"
import { createDialGuard } from "@postrider/core/network/dial-guard"
import type { Clock } from "@postrider/core/ports/clock"
import type { Logger } from "@postrider/core/ports/logger"
import type { Ports } from "@postrider/core/ports/ports"
import { createInFlight } from "@postrider/core/webhook/in-flight"
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
import { createClock } from "./clock.ts"
import type { Config } from "./config/config.ts"
import type { Secrets } from "./config/secrets.ts"
import { createGate } from "./gate.ts"
import { createIds } from "./ids.ts"
import { createNameResolver } from "./name-resolver.ts"
import type { Worker } from "./run-job.ts"
import { createSecretBox } from "./secret-box.ts"

export interface Relay {
  ports: Ports
  engine: Engine
  worker: Worker
  /** Closes connections, workers, then the stores. Jobs must have ended. */
  close(): Promise<void>
}

export interface ComposeOptions {
  config: Config
  secrets: Secrets
  log: Logger
  publicUrl: string
  /** Parts that tests swap. */
  clock?: Clock
}

const parseLimits = { timeoutMs: 20_000, maxHeapMb: 192, workers: 1 }

/** Puts the drivers behind the ports. Only here, and in the bundles of functions, is it known which ones they are. */
export async function compose(options: ComposeOptions): Promise<Relay> {
  const { config, secrets, log } = options
  const clock = options.clock ?? createClock()
  const ids = createIds({ clock })
  const engine =
    config.engine.kind === "memory"
      ? createMemoryEngine({ clock })
      : await openEmbeddedEngine({ dir: config.engine.dir, clock })
  const vet = createDialGuard({
    resolver: createNameResolver(clock),
    allowNetworks: config.allowNetworks,
    allowPorts: config.allowPorts,
    webhookPorts: config.webhookPorts,
  })
  const ports: Ports = {
    content: engine.content,
    records: engine.records,
    jobs: engine.jobs,
    sender: createSmtpSender({ vet, clock, log }),
    reader: createMailboxReader({
      imap: createImapReader({ vet, clock, log }),
      pop3: createPop3Reader({ vet, clock }),
    }),
    probe: createPortProbe({ vet, clock }),
    composer: createMimeComposer(),
    parser: createMimeParser({ ...parseLimits, maxBytes: config.maxMessageBytes }),
    webhooks: createWebhookSender({ vet, clock }),
    vet,
    clock,
    eventClock: createEventClock(clock, { lagMs: 0 }),
    ids,
    secrets: createSecretBox(secrets.masterKeys),
    log,
    limits: {
      maxMessageBytes: config.maxMessageBytes,
      keepMessagesMs: config.keepMessagesMs,
      keepEventsMs: config.keepEventsMs,
      publicUrl: options.publicUrl,
      tickMs: config.tickMs,
    },
  }
  const worker: Worker = {
    ports,
    gate: createGate(),
    inFlight: createInFlight(),
    processId: ids.token(12),
    soleOwner: true,
  }
  return { ports, engine, worker, close: () => closeAll(ports, engine) }
}

async function closeAll(ports: Ports, engine: Engine): Promise<void> {
  await Promise.allSettled([ports.sender.close(), ports.webhooks.close(), ports.parser.close()])
  await engine.close()
}
