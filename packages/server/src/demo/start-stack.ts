import { createWriteStream } from "node:fs"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { readConfig } from "@postrider/runtime/config/config"
import { readSecrets } from "@postrider/runtime/config/secrets"
import { createLogger } from "@postrider/runtime/logger"
import { type Sandbox, startSandbox } from "@postrider/sandbox/start-sandbox"
import { isPortTaken } from "../listener.ts"
import { type Server, startServer } from "../start-server.ts"
import { type Receiver, startReceiver } from "./receiver.ts"

export interface Stack {
  relay: Server
  sandbox: Sandbox
  receiver: Receiver
  key: string
  dir: string
  logFile: string
  /** Milliseconds each part took to start. */
  took: { relay: number; sandbox: number }
  /** The usual port was taken. */
  movedFrom: number | null
  stop(): Promise<void>
  /** For a tour that failed: the log stays to be read. */
  stopKeepingLog(): Promise<void>
}

const usual = { relay: 3025, smtp: 42525, imap: 42143, pop3: 42110, control: 42900, receiver: 42800 }

/**
 * Relay, sandbox and receiver on loopback, over a store in a fresh directory. Taken ports are replaced by free ones. When one of
 * them cannot start nothing is left behind.
 */
export async function startStack(): Promise<Stack> {
  const dir = await mkdtemp(join(tmpdir(), "postrider-demo-"))
  const running: { stop(): Promise<void> }[] = []
  const stopAll = async (): Promise<void> => {
    for (let part = running.pop(); part !== undefined; part = running.pop()) await part.stop()
  }
  try {
    return await startParts(dir, { running, stopAll })
  } catch (error) {
    await stopAll()
    await rm(dir, { recursive: true, force: true })
    throw error
  }
}

async function startParts(
  dir: string,
  { running, stopAll }: { running: { stop(): Promise<void> }[]; stopAll(): Promise<void> },
): Promise<Stack> {
  const logFile = join(dir, "relay.log")
  const key = `pr_live_demo${Buffer.from(crypto.getRandomValues(new Uint8Array(15))).toString("base64url")}`
  const sandboxAt = performance.now()
  const sandbox = await startSandboxSomewhere()
  running.push(sandbox)
  const receiver = await startReceiver(usual.receiver)
  running.push(receiver)
  const relayAt = performance.now()
  const { relay, movedFrom } = await startRelay({ dir, logFile, key })
  running.push(relay)
  const readyAt = performance.now()
  const stop = async (remove: string): Promise<void> => {
    receiver.endWaits()
    await stopAll()
    await rm(remove, { recursive: true, force: true })
  }
  return {
    relay,
    sandbox,
    receiver,
    key,
    dir,
    logFile,
    took: { sandbox: relayAt - sandboxAt, relay: readyAt - relayAt },
    movedFrom,
    stop: () => stop(dir),
    stopKeepingLog: () => stop(join(dir, "data")),
  }
}

async function startSandboxSomewhere(): Promise<Sandbox> {
  const { smtp, imap, pop3, control } = usual
  return startSandbox({ ports: { smtp, imap, pop3, control } }).catch(() =>
    startSandbox({ ports: { smtp: 0, imap: 0, pop3: 0, control: 0 } }),
  )
}

async function startRelay(facts: {
  dir: string
  logFile: string
  key: string
}): Promise<{ relay: Server; movedFrom: number | null }> {
  const wanted = Number(process.env.POSTRIDER_PORT ?? usual.relay)
  try {
    return { relay: await startOn(wanted, facts), movedFrom: null }
  } catch (error) {
    if (!isPortTaken(error)) throw error
    return { relay: await startOn(0, facts), movedFrom: wanted }
  }
}

function startOn(port: number, { dir, logFile, key }: { dir: string; logFile: string; key: string }): Promise<Server> {
  const env = {
    POSTRIDER_PORT: String(port),
    POSTRIDER_DATA_DIR: join(dir, "data"),
    POSTRIDER_ADMIN_KEY: key,
    POSTRIDER_ALLOW_NETWORKS: "127.0.0.0/8",
    POSTRIDER_TICK_SECONDS: "1",
  }
  const { config } = readConfig(env)
  const { secrets } = readSecrets(env, config)
  const log = createLogger({ level: "debug", destination: createWriteStream(logFile, { flags: "a" }) })
  return startServer({ config, secrets, log })
}
