import { deleteAccount } from "@postrider/core/account/delete-account"
import { cancelMessage } from "@postrider/core/outbound/cancel-message"
import { holdMessage } from "@postrider/core/outbound/hold-message"
import type { OutboundStatus } from "@postrider/core/outbound/message"
import { releaseMessage } from "@postrider/core/outbound/release-message"
import { retryMessage } from "@postrider/core/outbound/retry-message"
import type { SendMessageInput } from "@postrider/core/outbound/send-input"
import type { RecipientOutcome, SmtpReply } from "@postrider/core/ports/mail-sender"
import { expect } from "vitest"
import type { Life } from "./life.ts"
import { eventTypes, messages, send, theMessage, withAccount } from "./messages.ts"
import { admin, minute, type Stage } from "./stage.ts"
import type { Protocol } from "./strike-everywhere.ts"

const bob = "bob@demo.test"
const later: SmtpReply = { code: 451, enhancedCode: "4.3.0", response: "451 4.3.0 later" }
const quota: SmtpReply = { code: 550, enhancedCode: "5.4.5", response: "550 5.4.5 daily quota exceeded" }
const never: SmtpReply = { code: 550, enhancedCode: "5.1.1", response: "550 5.1.1 no such user" }

async function stageWith(stage: Stage, input: Partial<SendMessageInput> = {}): Promise<Life> {
  await withAccount(stage)
  await stage.endpoint("hook")
  const life = stage.life()
  await send(life, input)
  return life
}

/** The message, brought to where the verb finds it. */
const before = {
  queued: (stage: Stage) => stageWith(stage),
  scheduled: (stage: Stage) => stageWith(stage, { scheduled_at: "2026-01-01T06:00:00.000Z" }),
  held: (stage: Stage) => stageWith(stage, { hold: true }),
  deferred: (stage: Stage) => tried(stage, "deferred", later),
  "deferred for an hour": (stage: Stage) => tried(stage, "deferred", quota),
  failed: (stage: Stage) => tried(stage, "rejected", never),
} satisfies Record<string, (stage: Stage) => Promise<Life>>

async function tried(stage: Stage, outcome: RecipientOutcome, reply: SmtpReply): Promise<Life> {
  stage.sender.answers.set(bob, { outcome, reply })
  const life = await stageWith(stage)
  // Some engines bring jobs late.
  await stage.harness.advance(minute / 2)
  await life.work()
  stage.sender.answers.clear()
  return life
}

const verbs = { cancel: cancelMessage, hold: holdMessage, release: releaseMessage, retry: retryMessage }

/** Asks for a verb; a repeat that finds it done may be refused. */
async function ask(life: Life, stage: Stage, verb: keyof typeof verbs): Promise<void> {
  const { id } = await theMessage(stage)
  await verbs[verb](life.ports, admin, id).catch((error: { code?: string }) => {
    if (error.code !== "state_conflict") throw error
  })
}

interface VerbStory {
  verb: keyof typeof verbs
  of: keyof typeof before
  status: OutboundStatus
  events: string[]
  sends: number
}

const deferredFirst = (story: VerbStory): string[] =>
  story.of.startsWith("deferred") ? ["message.deferred", ...story.events].sort() : story.events

const stories: VerbStory[] = [
  { verb: "cancel", of: "queued", status: "cancelled", events: ["message.cancelled"], sends: 0 },
  { verb: "cancel", of: "scheduled", status: "cancelled", events: ["message.cancelled"], sends: 0 },
  { verb: "cancel", of: "held", status: "cancelled", events: ["message.cancelled"], sends: 0 },
  { verb: "cancel", of: "deferred for an hour", status: "cancelled", events: ["message.cancelled"], sends: 1 },
  { verb: "hold", of: "queued", status: "held", events: ["message.held"], sends: 0 },
  { verb: "hold", of: "scheduled", status: "held", events: ["message.held"], sends: 0 },
  { verb: "hold", of: "deferred", status: "held", events: ["message.held"], sends: 1 },
  { verb: "release", of: "held", status: "sent", events: ["message.sent"], sends: 1 },
  { verb: "retry", of: "deferred for an hour", status: "sent", events: ["message.sent"], sends: 2 },
  { verb: "retry", of: "failed", status: "sent", events: ["message.failed", "message.sent"], sends: 2 },
]

const plain = stories.map(
  (story): Protocol => ({
    name: `Verbs: ${story.verb} a message that is ${story.of}`,
    prepare: async (stage) => void (await before[story.of](stage)),
    act: (life, stage) => ask(life, stage, story.verb),
    async check(stage) {
      expect((await theMessage(stage)).status).toBe(story.status)
      expect(await eventTypes(stage)).toEqual(deferredFirst(story))
      expect(stage.sender.sends).toBe(story.sends)
    },
    atLeast: 2,
  }),
)

/** Asked for while an attempt runs, which the process that makes it may not survive. */
const asked = (["cancel", "hold"] as const).map(
  (verb): Protocol => ({
    name: `Verbs: ${verb} while an attempt runs is obeyed by whoever ends it`,
    async prepare(stage) {
      stage.sender.answers.set(bob, { outcome: "deferred", reply: later })
      stage.sender.beforeAnswer = async () => ask(stage.life(), stage, verb)
      await stageWith(stage)
    },
    act: async (life) => void (await life.work()),
    async check(stage, { lostDot }) {
      const { status } = await theMessage(stage)
      expect(stage.sender.sends, "it was asked not to be sent again").toBe(1)
      if (verb === "hold") expect(status).toBe("held")
      else expect(status).toBe(lostDot ? "delivery_unknown" : "cancelled")
      const told = (await eventTypes(stage)).filter((type) => type !== "message.deferred")
      expect(told).toEqual([`message.${status}`])
    },
    atLeast: 6,
  }),
)

const removed: Protocol = {
  name: "Delete of an account: what it had not sent is cancelled, and told",
  async prepare(stage) {
    await withAccount(stage)
    await stage.endpoint("hook")
    const life = stage.life()
    await send(life, { subject: "queued" }, "queued")
    await send(life, { subject: "held", hold: true }, "held")
    await send(life, { subject: "later", scheduled_at: "2026-01-01T06:00:00.000Z" }, "later")
  },
  async act(life, stage) {
    await deleteAccount(life.ports, admin, { id: "ada", when: undefined }).catch((error: { code?: string }) => {
      if (error.code !== "not_found") throw error
    })
    await life.work()
    await stage.harness.advance(2 * minute)
    await life.work()
  },
  async check(stage) {
    expect((await messages(stage)).map(({ status }) => status)).toEqual(["cancelled", "cancelled", "cancelled"])
    expect(await eventTypes(stage)).toEqual(["message.cancelled", "message.cancelled", "message.cancelled"])
    expect(stage.sender.sends).toBe(0)
  },
  atLeast: 12,
}

export const verbProtocols: readonly Protocol[] = [...plain, ...asked, removed]
