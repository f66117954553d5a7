import { parseCidr } from "@postrider/core/network/parse-cidr"
import type { Env } from "./env.ts"
import { type AwsConfig, readAws } from "./read-aws.ts"

export interface Config {
  engine: { kind: "embedded"; dir: string } | { kind: "memory" } | AwsConfig
  host: string
  port: number
  /** Null: made from the address the server listens on. */
  publicUrl: string | null
  allowNetworks: string[]
  allowPorts: number[]
  webhookPorts: number[]
  maxMessageBytes: number
  keepMessagesMs: number | null
  keepEventsMs: number
  logLevel: "debug" | "info" | "warn" | "error" | "silent"
  tickMs: number
}

export interface Problem {
  setting: string
  reason: string
  fix: string
}

const day = 24 * 60 * 60 * 1000
const levels = ["debug", "info", "warn", "error", "silent"] as const

/** Settings with their defaults, checked; every problem is reported, not the first alone. Secrets are read apart (`secrets.ts`). */
export function readConfig(env: Env): { config: Config; problems: Problem[] } {
  const problems: Problem[] = []
  const fail = (setting: keyof Env, reason: string, fix: string): void => void problems.push({ setting, reason, fix })
  const number = (name: keyof Env, fallback: number, range: { min: number; max: number }): number => {
    const text = env[name]
    if (text === undefined) return fallback
    const value = Number(text)
    if (/^[0-9]+$/.test(text) && value >= range.min && value <= range.max) return value
    fail(name, `"${text}" is not a whole number from ${range.min} to ${range.max}`, `for example ${name}=${fallback}`)
    return fallback
  }
  const list = (name: keyof Env): string[] =>
    (env[name] ?? "")
      .split(",")
      .map((s) => s.trim())
      .filter((s) => s !== "")
  const ports = (name: keyof Env, fallback: number[]): number[] => {
    const texts = list(name)
    for (const text of texts) {
      if (!isPort(text)) fail(name, `"${text}" is not a port`, "use numbers from 1 to 65535, separated by commas")
    }
    return texts.length === 0 ? fallback : texts.filter(isPort).map(Number)
  }
  const allowNetworks = list("POSTRIDER_ALLOW_NETWORKS")
  for (const text of allowNetworks) {
    if (parseCidr(text) === undefined)
      fail("POSTRIDER_ALLOW_NETWORKS", `"${text}" is not a network`, "for example 10.0.0.0/8,127.0.0.0/8")
  }
  const engine = readEngine(env, fail)
  const keepDays = number("POSTRIDER_KEEP_MESSAGES_DAYS", 0, { min: 1, max: 36_500 })
  return {
    problems,
    config: {
      engine,
      host: env.POSTRIDER_HOST ?? "127.0.0.1",
      port: number("POSTRIDER_PORT", 3025, { min: 0, max: 65_535 }),
      publicUrl: readUrl(env, fail),
      allowNetworks,
      allowPorts: ports("POSTRIDER_ALLOW_PORTS", []),
      webhookPorts: ports("POSTRIDER_WEBHOOK_PORTS", [443, 8443]),
      maxMessageBytes: number("POSTRIDER_MAX_MESSAGE_BYTES", 64 * 1024 * 1024, { min: 65_536, max: 1024 ** 3 }),
      keepMessagesMs: keepDays === 0 ? null : keepDays * day,
      keepEventsMs: number("POSTRIDER_KEEP_EVENTS_DAYS", 30, { min: 1, max: 3650 }) * day,
      logLevel: readLevel(env, fail),
      tickMs: number("POSTRIDER_TICK_SECONDS", tickSeconds[engine.kind], { min: 1, max: 3600 }) * 1000,
    },
  }
}

/** On AWS a tick costs requests, and the schedule of the functions knows minutes. */
const tickSeconds = { embedded: 1, memory: 1, aws: 60 } as const

export type Fail = (setting: keyof Env, reason: string, fix: string) => void

function readEngine(env: Env, fail: Fail): Config["engine"] {
  const kind = env.POSTRIDER_ENGINE ?? "embedded"
  if (kind === "memory") return { kind }
  if (kind === "aws") return readAws(env, fail)
  if (kind !== "embedded") fail("POSTRIDER_ENGINE", `"${kind}" is not an engine`, "use embedded, aws or memory")
  return { kind: "embedded", dir: env.POSTRIDER_DATA_DIR ?? "./data" }
}

function readUrl(env: Env, fail: Fail): string | null {
  const text = env.POSTRIDER_PUBLIC_URL
  if (text === undefined) return null
  if (URL.canParse(text) && /^https?:/.test(text)) return text.replace(/\/+$/, "")
  fail("POSTRIDER_PUBLIC_URL", `"${text}" is not an http or https URL`, "for example https://mail.example.com")
  return null
}

function readLevel(env: Env, fail: Fail): Config["logLevel"] {
  const text = env.POSTRIDER_LOG_LEVEL ?? "info"
  const level = levels.find((l) => l === text)
  if (level === undefined) fail("POSTRIDER_LOG_LEVEL", `"${text}" is not a level`, `use one of ${levels.join(", ")}`)
  return level ?? "info"
}

function isPort(text: string): boolean {
  return /^[0-9]{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535
}
