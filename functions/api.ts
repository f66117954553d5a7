import { createLambdaApi } from "@postrider/api/lambda"
import { checkStore } from "@postrider/runtime/check-store"
import { composeLambda } from "@postrider/runtime/compose-lambda"
import { ensureInstall } from "@postrider/runtime/ensure-install"
import { version } from "@postrider/runtime/version"

/** The HTTP API, behind a function URL or an HTTP API of API Gateway. It learns its own URL from the first request. */
export const handler = createLambdaApi(async (publicUrl) => {
  const { relay, secrets } = composeLambda(process.env, { bundleUrl: import.meta.url, publicUrl })
  const { createdAt } = await ensureInstall(relay.ports, { ownKey: false })
  return {
    ports: relay.ports,
    adminKeyHashes: secrets.adminKeyHash === null ? [] : [secrets.adminKeyHash],
    ready: async () => {
      const store = await checkStore(relay.ports)
      return { ok: store.ok, checks: { store } }
    },
    version,
    createdAt,
  }
})
