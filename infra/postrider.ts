import { createAlarms } from "./alarms.ts"
import { createApi } from "./api.ts"
import type { PostriderSettings } from "./defaults.ts"
import type { Parts } from "./function.ts"
import { createNetwork } from "./network.ts"
import { createQueues } from "./queues.ts"
import { createBootstrap, createSchedule } from "./schedule.ts"
import { createSecrets } from "./secrets.ts"
import { createStorage } from "./storage.ts"
import { createWorkers } from "./workers.ts"

interface Links extends Record<string, unknown> {
  url: $util.Output<string>
  /** Has every right; make lesser keys with it. */
  key: $util.Output<string>
  /** Of mail to send. */
  queue: $util.Output<string>
}

/**
 * A whole relay in any SST app: `new Postrider("Mail", { root: "./postrider" })`, then `link: [mail]` on what uses it, which reads
 * `Resource.Mail.url` and `.key`. Linking grants nothing: the key is what opens the API.
 */
export class Postrider extends sst.Linkable<Links> {
  readonly url: $util.Output<string>
  readonly key: $util.Output<string>
  readonly nodes: ReturnType<typeof createAll>

  constructor(name: string, settings: PostriderSettings = {}) {
    const nodes = createAll(name, settings)
    const links = { url: nodes.api.url, key: nodes.secrets.adminKey, queue: nodes.queues.outbound.url }
    super(name, { properties: links })
    this.nodes = nodes
    this.url = links.url
    this.key = links.key
  }
}

function createAll(name: string, settings: PostriderSettings) {
  const parts: Parts = {
    name,
    settings,
    ...createStorage(name, settings),
    ...createQueues(name),
    secrets: createSecrets(name, settings),
    network: createNetwork(name, settings),
  }
  const api = createApi(parts)
  const workers = createWorkers(parts, api.url)
  const tick = createSchedule(parts)
  const bootstrap = createBootstrap(parts)
  const alarms = createAlarms(parts, { api: api.function, ...workers, tick, bootstrap })
  return { ...parts, api, workers, tick, bootstrap, alarms }
}
