import type { EventClock } from "../event/event-clock.ts"
import type { Clock } from "./clock.ts"
import type { ContentStore } from "./content-store.ts"
import type { Ids } from "./ids.ts"
import type { JobQueue } from "./job-queue.ts"
import type { Logger } from "./logger.ts"
import type { MailSender } from "./mail-sender.ts"
import type { VetAddress } from "./mail-server.ts"
import type { MailboxReader } from "./mailbox-reader.ts"
import type { MimeComposer, MimeParser } from "./mime.ts"
import type { PortProbe } from "./port-probe.ts"
import type { RecordStore } from "./record-store.ts"
import type { SecretBox } from "./secret-box.ts"
import type { WebhookSender } from "./webhook-sender.ts"

/** Settings that use cases need; read once at start. */
export interface RelayLimits {
  /** Largest mail, either way, octets. */
  maxMessageBytes: number
  /** Milliseconds; null keeps messages for ever. */
  keepMessagesMs: number | null
  keepEventsMs: number
  /** Base of links, without a slash at the end. */
  publicUrl: string
  tickMs: number
}

/** Every side effect there is. A use case takes the ones it uses: `Pick<Ports, "records" | "jobs">`. */
export interface Ports {
  content: ContentStore
  records: RecordStore
  jobs: JobQueue
  sender: MailSender
  reader: MailboxReader
  probe: PortProbe
  composer: MimeComposer
  parser: MimeParser
  webhooks: WebhookSender
  vet: VetAddress
  clock: Clock
  eventClock: EventClock
  ids: Ids
  secrets: SecretBox
  log: Logger
  limits: RelayLimits
}
