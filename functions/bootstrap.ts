import { checkStore } from "@postrider/runtime/check-store"
import { composeLambda } from "@postrider/runtime/compose-lambda"
import { ensureInstall } from "@postrider/runtime/ensure-install"
import { version } from "@postrider/runtime/version"

const { relay } = composeLambda(process.env, { bundleUrl: import.meta.url })

/** Once a deployment: marks the store and checks it from inside, so that a broken deployment fails instead of its first mail. */
export const handler = async () => {
  const { createdAt } = await ensureInstall(relay.ports, { ownKey: false })
  const store = await checkStore(relay.ports)
  if (!store.ok) throw new Error(store.detail)
  return { version, createdAt }
}
