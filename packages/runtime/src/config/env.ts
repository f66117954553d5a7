import { type SettingName, settings } from "./settings.ts"

/** The variables as they stand, blank ones left out. */
export type Env = Partial<Record<SettingName, string>>

/** Picks Postrider's variables; unknown ones with our prefix are named so that a typing mistake is not a silent default. */
export function readEnv(source: Record<string, string | undefined>): { env: Env; unknown: string[] } {
  const names = new Set<string>(settings.map((s) => s.name))
  const env: Env = {}
  const unknown: string[] = []
  for (const [name, value] of Object.entries(source)) {
    if (!name.startsWith("POSTRIDER_") || value === undefined) continue
    if (isSetting(name, names)) {
      if (value.trim() !== "") env[name] = value.trim()
    } else if (!forClients.has(name)) unknown.push(name)
  }
  return { env, unknown }
}

/** What clients read, and what the tests do. */
const forClients = new Set([
  "POSTRIDER_URL",
  "POSTRIDER_KEY",
  "POSTRIDER_CORPORA",
  "POSTRIDER_CHAOS",
  "POSTRIDER_CHAOS_SEED",
  "POSTRIDER_TEST_AWS",
])

function isSetting(name: string, names: ReadonlySet<string>): name is SettingName {
  return names.has(name)
}
