import type { WebhookOutcome, WebhookRequest } from "@postrider/core/ports/webhook-sender"
import type { Engine } from "@postrider/engines/engine"
import type { PostboxSender } from "../../support/postbox-sender.ts"
import type { MailServerModel } from "../../support/scripted-mailbox.ts"
import type { EngineHarness } from "../engine-contract.ts"

export interface Posted {
  id: string
  url: string
  body: string
  attempt: number
}

/** The stores, the time, and the servers of other people. */
export interface World {
  harness: EngineHarness
  engine: Engine
  /** The store belongs to one process at a time, as in the server; else a dead one's claims run out by time. */
  soleOwner: boolean
  /** SMTP servers. */
  sender: PostboxSender
  /** IMAP or POP3 server. */
  mailbox: MailServerModel
  /** Webhooks as they came in. */
  posted: Posted[]
  /** What receivers answer; 200 where nothing is said. */
  receive(posted: Posted): WebhookOutcome
}

/** The receivers' side of the webhook port. */
export function receiver(world: World, alive: () => void) {
  return {
    async post(request: WebhookRequest): Promise<WebhookOutcome> {
      alive()
      const posted = {
        id: request.id,
        url: request.url,
        body: new TextDecoder().decode(request.body),
        attempt: Number(request.headers["webhook-attempt"]),
      }
      world.posted.push(posted)
      return world.receive(posted)
    },
    close: async () => undefined,
  }
}
