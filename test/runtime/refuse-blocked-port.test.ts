import { RelayError } from "@postrider/core/error/relay-error"
import type { VetAddress } from "@postrider/core/ports/mail-server"
import { refuseBlockedPort } from "@postrider/runtime/refuse-blocked-port"
import { describe, expect, it } from "vitest"

const open: VetAddress = async () => [{ address: "192.0.2.1", family: 4 }]
const relayHost = { host: "mx.acme.test", purpose: "mail" } as const

describe("port 25 on Lambda", () => {
  it("is refused before anything is dialled, with a code of its own and what to do", async () => {
    const refused = refuseBlockedPort(open, [])({ ...relayHost, port: 25 })
    await expect(refused).rejects.toBeInstanceOf(RelayError)
    await expect(refused).rejects.toMatchObject({
      code: "address_not_allowed",
      options: {
        fault: { code: "smtp_port_blocked_on_lambda", misconfigured: true, fix: expect.stringContaining("465 or 587") },
      },
    })
  })

  it("other ports pass, and port 25 where the operator says that AWS lifted the restriction", async () => {
    await expect(refuseBlockedPort(open, [])({ ...relayHost, port: 587 })).resolves.toHaveLength(1)
    await expect(refuseBlockedPort(open, [25])({ ...relayHost, port: 25 })).resolves.toHaveLength(1)
  })
})
