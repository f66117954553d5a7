import type { Env } from "./env.ts"
import { type Setting, settings } from "./settings.ts"

/** What each setting is, for the log at start: values as given, secrets only as set or not. */
export function describeSettings(env: Env): Record<string, string> {
  const shown: Record<string, string> = {}
  for (const setting of settings) {
    const value = env[setting.name]
    if (value === undefined) continue
    shown[setting.name] = isSecret(setting) ? "(set)" : value
  }
  return shown
}

/** The table of settings for the README, made from the code. */
export function settingsTable(): string {
  const rows = settings.map((s) => `| \`${s.name}\` | ${s.fallback} | ${s.meaning} |`)
  return ["| setting | default | meaning |", "| --- | --- | --- |", ...rows].join("\n")
}

function isSecret(setting: Setting): boolean {
  return setting.secret === true
}
