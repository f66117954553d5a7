import { createHash, randomBytes } from "node:crypto"
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { Config, Problem } from "./config.ts"
import type { Env } from "./env.ts"

export interface Secrets {
  /** SHA-256, lower-case hex, of POSTRIDER_ADMIN_KEY; null when it is not set. */
  adminKeyHash: string | null
  /** 32 octets each; the first seals, all open. */
  masterKeys: Uint8Array[]
}

const leastAdminKey = 32

/** What is wrong with the secrets that the environment gives. Touches nothing. */
export function secretProblems(env: Env): Problem[] {
  const admin = env.POSTRIDER_ADMIN_KEY
  const short: Problem = {
    setting: "POSTRIDER_ADMIN_KEY",
    reason: `it is shorter than ${leastAdminKey} characters`,
    fix: "for example: openssl rand -hex 24",
  }
  const master = env.POSTRIDER_MASTER_KEY
  return [
    ...(admin !== undefined && admin.length < leastAdminKey ? [short] : []),
    ...(master === undefined ? [] : keyProblems(parseKeys(master), "POSTRIDER_MASTER_KEY")),
  ]
}

/**
 * Keys from the environment, of which `secretProblems` found none; the master key of an embedded store is made at first start and
 * kept beside it, readable by its owner alone. Apart from `readConfig` so that the configuration can be shown.
 */
export function readSecrets(env: Env, config: Config): { secrets: Secrets; problems: Problem[] } {
  const admin = env.POSTRIDER_ADMIN_KEY
  const adminKeyHash = admin === undefined ? null : createHash("sha256").update(admin).digest("hex")
  const { keys, problems } = masterKeys(env, config)
  return { secrets: { adminKeyHash, masterKeys: keys }, problems }
}

interface Keys {
  keys: Uint8Array[]
  problems: Problem[]
}

function masterKeys(env: Env, config: Config): Keys {
  if (env.POSTRIDER_MASTER_KEY !== undefined) return { keys: parseKeys(env.POSTRIDER_MASTER_KEY), problems: [] }
  if (config.engine.kind === "memory") return { keys: [randomBytes(32)], problems: [] }
  if (config.engine.kind === "aws") {
    const reason = "it is not set, and the aws engine has no place of its own for one"
    const problem = { setting: "POSTRIDER_MASTER_KEY", reason, fix: "for example: openssl rand -base64 32" }
    return { keys: [], problems: [problem] }
  }
  try {
    return keptKeys(config.engine.dir)
  } catch (error) {
    const reason = `it cannot be made or read (${error instanceof Error ? error.message : String(error)})`
    const problem = { setting: "POSTRIDER_DATA_DIR", reason, fix: "name a directory that this user may write to" }
    return { keys: [], problems: [problem] }
  }
}

function keptKeys(dir: string): Keys {
  const file = join(dir, "master.key")
  if (existsSync(file)) {
    const keys = parseKeys(readFileSync(file, "utf8").trim())
    return { keys, problems: keyProblems(keys, file) }
  }
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const key = randomBytes(32)
  writeFileSync(file, `${key.toString("base64")}\n`, { mode: 0o600, flag: "wx", flush: true })
  chmodSync(file, 0o600)
  return { keys: [key], problems: [] }
}

const parseKeys = (text: string): Buffer[] => text.split(",").map((part) => Buffer.from(part.trim(), "base64"))

function keyProblems(keys: Uint8Array[], setting: string): Problem[] {
  if (keys.every((key) => key.length === 32)) return []
  return [{ setting, reason: "it is not 32 bytes in base64", fix: "for example: openssl rand -base64 32" }]
}
