import { createDialGuard } from "@postrider/core/network/dial-guard"
import { createWebhookSender } from "@postrider/webhook/webhook-sender"
import { onTestFinished } from "vitest"
import { createTestApp, type TestApp } from "../../support/test-app.ts"

/** The API with the real sender and the real guard: names are public, but for those that begin with `inside`; 127.0.0.1 is opened. */
export function createHookApp(): TestApp {
  const vet = createDialGuard({
    resolver: {
      resolve: async (host) => [{ address: host.startsWith("inside") ? "10.0.0.1" : "93.184.216.34", family: 4 }],
    },
    allowNetworks: ["127.0.0.1/32"],
    allowPorts: [],
    webhookPorts: [443, 8443],
  })
  const webhooks = createWebhookSender({ vet, clock: { now: () => Date.now() } })
  onTestFinished(() => webhooks.close())
  return createTestApp({ vet, webhooks })
}

export const hook = { url: "https://app.test/hook", types: ["message.received"] }
