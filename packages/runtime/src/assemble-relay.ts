import { createEventClock } from "@postrider/core/event/event-clock"
import { createDialGuard } from "@postrider/core/network/dial-guard"
import type { Clock } from "@postrider/core/ports/clock"
import type { Ids } from "@postrider/core/ports/ids"
import type { Logger } from "@postrider/core/ports/logger"
import type { VetAddress } from "@postrider/core/ports/mail-server"
import type { Ports } from "@postrider/core/ports/ports"
import { createInFlight } from "@postrider/core/webhook/in-flight"
import type { Engine } from "@postrider/engines/engine"
import type { Config } from "./config/config.ts"
import type { Secrets } from "./config/secrets.ts"
import { createGate } from "./gate.ts"
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

export type Drivers = Pick<Ports, "sender" | "reader" | "probe" | "composer" | "parser" | "webhooks">

export interface RelayParts {
  config: Config
  secrets: Secrets
  log: Logger
  publicUrl: string
  clock: Clock
  ids: Ids
  engine: Engine
  vet: VetAddress
  drivers: Drivers
  /** The store belongs to this process alone. */
  soleOwner: boolean
  /** Events get times after this one; milliseconds. */
  lastEventAt?: number
  /** See Worker. */
  placeWaitMs?: number
}

/** Other processes write events as well: readers of the log stay this far behind them. */
const sharedLagMs = 5000

/** The ports of a relay and its worker, from parts that know what is behind them. */
export function assembleRelay(parts: RelayParts): Relay {
  const { config, secrets, engine, clock, ids, drivers } = parts
  const ports: Ports = {
    content: engine.content,
    records: engine.records,
    jobs: engine.jobs,
    ...drivers,
    vet: parts.vet,
    clock,
    eventClock: createEventClock(clock, { lagMs: parts.soleOwner ? 0 : sharedLagMs, last: parts.lastEventAt ?? 0 }),
    ids,
    secrets: createSecretBox(secrets.masterKeys),
    log: parts.log,
    limits: {
      maxMessageBytes: config.maxMessageBytes,
      keepMessagesMs: config.keepMessagesMs,
      keepEventsMs: config.keepEventsMs,
      publicUrl: parts.publicUrl,
      tickMs: config.tickMs,
    },
  }
  const worker: Worker = {
    ports,
    gate: createGate(),
    inFlight: createInFlight(),
    processId: ids.token(12),
    soleOwner: parts.soleOwner,
    ...(parts.placeWaitMs !== undefined && { placeWaitMs: parts.placeWaitMs }),
  }
  return { ports, engine, worker, close: () => closeAll(ports, engine) }
}

/** What may be dialled, as the settings say. */
export function guardOf(config: Config, clock: Clock): VetAddress {
  return createDialGuard({
    resolver: createNameResolver(clock),
    allowNetworks: config.allowNetworks,
    allowPorts: config.allowPorts,
    webhookPorts: config.webhookPorts,
  })
}

async function closeAll(ports: Ports, engine: Engine): Promise<void> {
  await Promise.allSettled([ports.sender.close(), ports.webhooks.close(), ports.parser.close()])
  await engine.close()
}
