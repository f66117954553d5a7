import { existsSync } from "node:fs"
import { join, resolve } from "node:path"

export const ricVersion = "4.0.2"
export const ricDir = resolve(import.meta.dirname, "../../node_modules/.cache/lambda-ric")
export const ricMain = join(ricDir, "node_modules/aws-lambda-ric/index.mjs")

/** Why bundles cannot run under AWS's own runtime client here, or null. */
export function ricMissing(): string | null {
  const addon = join(ricDir, "node_modules/aws-lambda-ric/rapid-client.node")
  return existsSync(addon) ? null : "[needs aws-lambda-ric: node test/support/make-lambda-ric.ts]"
}
