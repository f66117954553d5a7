import type { AccountInput } from "@postrider/core/account/account-input"
import { deleteAccount } from "@postrider/core/account/delete-account"
import { pauseAccount } from "@postrider/core/account/pause-account"
import { putAccount } from "@postrider/core/account/put-account"
import { resumeAccount } from "@postrider/core/account/resume-account"
import { announceEvents } from "@postrider/core/event/announce-events"
import { createKey } from "@postrider/core/key/create-key"
import { deleteKey } from "@postrider/core/key/delete-key"
import { findKey } from "@postrider/core/key/find-key"
import { listKeys } from "@postrider/core/key/list-keys"
import { rotateKey } from "@postrider/core/key/rotate-key"
import { createEndpoint } from "@postrider/core/webhook/create-endpoint"
import { deleteEndpoint } from "@postrider/core/webhook/delete-endpoint"
import { endpointDefaults } from "@postrider/core/webhook/endpoint-input"
import { patchEndpoint } from "@postrider/core/webhook/patch-endpoint"
import { expect } from "vitest"
import { received } from "../../usecases/webhook/world.ts"
import { admin, hour, type Stage } from "./stage.ts"
import type { Protocol } from "./strike-everywhere.ts"

/** A repeat finds the work of a first call that was cut off. */
async function orDone(call: Promise<unknown>, ...codes: string[]): Promise<void> {
  await call.catch((error: { code?: string }) => {
    if (!codes.includes(error.code ?? "")) throw error
  })
}

const settings = { ...endpointDefaults, url: "https://hook.test/", types: ["message.*"] }
const input: AccountInput = {
  email: "ada@demo.test",
  imap: { host: "imap.demo.test", username: "ada", password: "secret", poll_seconds: 3600 },
}
const keySettings = { ...admin.settings, name: "app", scopes: ["messages:send" as const] }
const [first, second] = ["a".repeat(64), "b".repeat(64)] as const

const withAda = async (stage: Stage) =>
  void (await putAccount(stage.life().ports, admin, { id: "ada", input, when: undefined }))
const withKey = async (stage: Stage) =>
  void (await createKey(stage.life().ports, admin, { id: "app", sha256: first, settings: keySettings }))

const endpoints: Protocol[] = [
  {
    name: "Endpoint list: an endpoint made under an id of its own",
    async act({ ports }) {
      await orDone(createEndpoint(ports, admin, { id: "hook", settings, verify: false }), "already_exists")
    },
    check: async () => undefined,
    atLeast: 2,
  },
  {
    name: "Endpoint list: an endpoint made and never asked for again stands in it, or is no endpoint",
    async act({ ports }) {
      await createEndpoint(ports, admin, { id: "hook", settings, verify: false })
    },
    repeat: async () => undefined,
    // The first event takes what never came to be off the list.
    afterwards: (life) => announceEvents(life.ports, [received(1)]),
    check: async () => undefined,
    atLeast: 2,
  },
  {
    name: "Endpoint list: changed filters",
    prepare: (stage) => stage.endpoint("hook"),
    async act({ ports }) {
      await patchEndpoint(ports, admin, { id: "hook", when: undefined, fields: { types: ["account.*"] } })
    },
    check: async () => undefined,
    atLeast: 2,
  },
  {
    name: "Endpoint list: an endpoint that is removed",
    prepare: (stage) => stage.endpoint("hook"),
    act: ({ ports }) => orDone(deleteEndpoint(ports, admin, { id: "hook", when: undefined }), "not_found"),
    check: async () => undefined,
    atLeast: 2,
  },
]

const polled = (stage: Stage) => stage.mailbox.log.filter((line) => line === "open").length

const accounts: Protocol[] = [
  {
    name: "Account: made, planned and polled",
    act: async ({ ports }) => void (await putAccount(ports, admin, { id: "ada", input, when: undefined })),
    async afterwards(life, stage) {
      await stage.harness.advance(hour)
      await life.tick()
    },
    check: async (stage) => expect(polled(stage)).toBeGreaterThan(0),
    atLeast: 4,
  },
  {
    name: "Account: another interval moves its place in the plan",
    prepare: withAda,
    async act({ ports }) {
      const slower = { ...input, imap: { ...input.imap, host: "imap.demo.test", poll_seconds: 7200 } }
      await putAccount(ports, admin, { id: "ada", input: slower, when: undefined })
    },
    check: async () => undefined,
    atLeast: 2,
  },
  {
    name: "Account: paused",
    prepare: withAda,
    act: async ({ ports }) => void (await pauseAccount(ports, admin, { id: "ada", parts: null })),
    check: async () => undefined,
    atLeast: 2,
  },
  {
    name: "Account: resumed",
    async prepare(stage) {
      await withAda(stage)
      await pauseAccount(stage.life().ports, admin, { id: "ada", parts: null })
    },
    act: async ({ ports }) => void (await resumeAccount(ports, admin, { id: "ada", parts: null })),
    check: async () => undefined,
    atLeast: 2,
  },
  {
    name: "Account: removed with its place in the plan",
    prepare: withAda,
    act: ({ ports }) => orDone(deleteAccount(ports, admin, { id: "ada", when: undefined }), "not_found"),
    check: async () => undefined,
    atLeast: 3,
  },
]

/** Hashes that the list shows, and of the two those that open something. */
async function keysOf(stage: Stage) {
  const { ports } = stage.life()
  const { data } = await listKeys(ports, admin, { limit: 10 })
  const opens: string[] = []
  for (const hash of [first, second]) if ((await findKey(ports, hash)) !== undefined) opens.push(hash)
  return { listed: data.map(({ sha256 }) => sha256), opens }
}

const keys: Protocol[] = [
  {
    name: "Key: made",
    async act({ ports }) {
      await orDone(createKey(ports, admin, { id: "app", sha256: first, settings: keySettings }), "already_exists")
    },
    check: async (stage) => expect(await keysOf(stage)).toEqual({ listed: [first], opens: [first] }),
    atLeast: 2,
  },
  {
    name: "Key: rotated",
    prepare: withKey,
    async act({ ports }) {
      const rotation = { id: "app", overlapSeconds: 0, sha256: second }
      await orDone(rotateKey(ports, admin, rotation), "already_exists")
    },
    check: async (stage) => expect(await keysOf(stage)).toEqual({ listed: [second], opens: [second] }),
    atLeast: 4,
  },
  {
    name: "Key: revoked",
    prepare: withKey,
    act: ({ ports }) => orDone(deleteKey(ports, admin, { id: "app", when: undefined }), "not_found"),
    check: async (stage) => expect(await keysOf(stage)).toEqual({ listed: [], opens: [] }),
    atLeast: 2,
  },
]

export const settingProtocols: readonly Protocol[] = [...endpoints, ...accounts, ...keys]
