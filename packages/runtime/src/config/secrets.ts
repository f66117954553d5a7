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

/**
 * Keys from the environment; the master key of an embedded store is made at first start and kept beside it, readable by its owner
 * alone. Apart from `readConfig` so that the configuration can be shown.
 */
export function readSecrets(env: Env, config: Config): { secrets: Secrets; problems: Problem[] } {
  const problems: Problem[] = []
  const admin = env.POSTRIDER_ADMIN_KEY
  if (admin !== undefined && admin.length < 32) {
    problems.push({
      setting: "POSTRIDER_ADMIN_KEY",
      reason: "it is shorter than 32 characters",
      fix: "for example: openssl rand -hex 24",
    })
  }
  const adminKeyHash = admin === undefined ? null : createHash("sha256").update(admin).digest("hex")
  return { secrets: { adminKeyHash, masterKeys: masterKeys(env, config, problems) }, problems }
}

function masterKeys(env: Env, config: Config, problems: Problem[]): Uint8Array[] {
  const given = env.POSTRIDER_MASTER_KEY
  if (given !== undefined) return parseKeys(given, "POSTRIDER_MASTER_KEY", problems)
  if (config.engine.kind === "memory") return [randomBytes(32)]
  const file = join(config.engine.dir, "master.key")
  if (existsSync(file)) return parseKeys(readFileSync(file, "utf8").trim(), file, problems)
  mkdirSync(config.engine.dir, { recursive: true, mode: 0o700 })
  const key = randomBytes(32)
  writeFileSync(file, `${key.toString("base64")}\n`, { mode: 0o600, flag: "wx", flush: true })
  chmodSync(file, 0o600)
  return [key]
}

function parseKeys(text: string, setting: string, problems: Problem[]): Uint8Array[] {
  const keys = text.split(",").map((part) => Buffer.from(part.trim(), "base64"))
  if (keys.every((key) => key.length === 32)) return keys
  problems.push({ setting, reason: "it is not 32 bytes in base64", fix: "for example: openssl rand -base64 32" })
  return []
}
