import { execFileSync } from "node:child_process"
import { existsSync, mkdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { ricDir, ricVersion } from "./lambda-ric.ts"

/**
 * Installs AWS's Lambda runtime interface client, which runs our bundles as Lambda does, beside the other packages. It compiles curl
 * and a native addon from its own sources, which takes a minute and needs cmake, make and a C++ compiler; hence not with every `npm ci`.
 */
if (!existsSync(join(ricDir, "node_modules/aws-lambda-ric/rapid-client.node"))) {
  mkdirSync(ricDir, { recursive: true })
  writeFileSync(join(ricDir, "package.json"), '{ "private": true }\n')
  const options = ["install", "--no-audit", "--no-fund", "--save-exact", `aws-lambda-ric@${ricVersion}`]
  execFileSync("npm", options, { cwd: ricDir, stdio: "inherit", timeout: 600_000 })
}
