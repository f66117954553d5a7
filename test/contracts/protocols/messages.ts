import type { AccountRecord } from "@postrider/core/account/account"
import { accountToStore } from "@postrider/core/account/account-index"
import type { OutboundMessage } from "@postrider/core/outbound/message"
import { unpackOutbound } from "@postrider/core/outbound/pack-record"
import type { SendMessageInput } from "@postrider/core/outbound/send-input"
import { sendMessage } from "@postrider/core/outbound/send-message"
import { outboundRecordId } from "@postrider/core/outbound/state"
import { expect } from "vitest"
import { accountRecord, sendInput } from "../../support/outbound-world.ts"
import type { Life } from "./life.ts"
import { admin, type Stage } from "./stage.ts"

/** Puts the account `ada` onto the stage, with a server to send over. */
export async function withAccount(stage: Stage, settings: Partial<AccountRecord["settings"]> = {}): Promise<void> {
  await stage.engine.records.put<AccountRecord>(accountToStore(accountRecord(settings)))
}

/** Sends a message as a request with a key of its own, so that a repeat is known for one. Answers its id. */
export async function send(life: Life, input: Partial<SendMessageInput> = {}, key = "key-1"): Promise<string> {
  const { message } = await sendMessage(life.ports, admin, { input: sendInput(input), idempotencyKey: key })
  return message.id
}

/** All messages there are. */
export async function messages(stage: Stage): Promise<OutboundMessage[]> {
  const ids = [...stage.written].filter((id) => id.startsWith(outboundRecordId("")))
  const records = await stage.engine.records.getMany(ids)
  return records.map((record) => unpackOutbound(record).message)
}

/** The one message. */
export async function theMessage(stage: Stage): Promise<OutboundMessage> {
  const [message, ...others] = await messages(stage)
  expect(others).toEqual([])
  if (message === undefined) throw new Error("there is no message")
  return message
}

/** Types of the logged events, sorted: each once, whatever happened. */
export async function eventTypes(stage: Stage): Promise<string[]> {
  return (await stage.events()).map(({ type }) => type).sort()
}
