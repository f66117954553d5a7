import { type AccountRecord, accountRecordId } from "@postrider/core/account/account"
import { createMemoryEngine } from "@postrider/engines/memory/engine"
import { createGate } from "@postrider/runtime/gate"
import { pollAccounts } from "@postrider/runtime/poll-accounts"
import type { Worker } from "@postrider/runtime/run-job"
import { describe, expect, it } from "vitest"
import { createManualClock } from "../support/manual-clock.ts"
import { accountRecord, startLife } from "../support/outbound-world.ts"
import { createPostboxSender } from "../support/postbox-sender.ts"

describe("pollAccounts", () => {
  it("one account's unreadable secret is its own fault: it says so, and its neighbour is polled", async () => {
    const clock = createManualClock()
    const engine = createMemoryEngine({ clock })
    const life = startLife({ engine, clock, sender: createPostboxSender() })
    const imap = {
      host: "imap.demo.test",
      port: 993,
      security: "tls" as const,
      username: "ada",
      mailboxes: ["INBOX"],
      poll_seconds: 60,
      poll_max_seconds: null,
      history: "new",
      watch: [],
      mark_seen: false,
      move_to: null,
      delete: "never" as const,
    }
    const broken: AccountRecord = {
      ...accountRecord({ imap }),
      id: "broken",
      secrets: { "/imap/password": "s1.no.good" },
    }
    const { username: _, ...open } = imap
    const well: AccountRecord = { ...accountRecord({ imap: open }), id: "well" }
    for (const account of [broken, well]) {
      await engine.records.put<AccountRecord>({ id: accountRecordId(account.id), body: account })
    }
    const opened: string[] = []
    const reader = {
      open: ({ server }: { server: { host: string } }) => {
        opened.push(server.host)
        return Promise.reject(new Error("far enough"))
      },
    }
    const worker = {
      ports: { ...life.ports, reader },
      gate: createGate(),
      processId: "p",
      soleOwner: true,
    } as unknown as Worker
    const job = { type: "poll_accounts.v1", host: "imap.demo.test", accounts: ["broken", "well"] } as const
    const run = { body: job, receives: 1, deadline: clock.now() + 60_000 }
    await pollAccounts(worker, { ...job, accounts: [...job.accounts] }, run).catch(() => undefined)
    expect(opened).toEqual(["imap.demo.test"])
    const record = await engine.records.get<AccountRecord>(accountRecordId("broken"))
    expect(record?.body.status.imap).toMatchObject({ state: "auth_failed", last_error: { class: "auth" } })
  })
})
