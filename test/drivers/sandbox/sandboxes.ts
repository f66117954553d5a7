import type { SandboxOptions } from "@postrider/sandbox/sandbox-options"
import { type Sandbox, startSandbox } from "@postrider/sandbox/start-sandbox"
import { afterEach } from "vitest"

/** Starts sandboxes that end with the test. */
export function sandboxes(): (options?: SandboxOptions) => Promise<Sandbox> {
  const running: Sandbox[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((sandbox) => sandbox.stop()))
  })
  return async (options) => {
    const sandbox = await startSandbox(options)
    running.push(sandbox)
    return sandbox
  }
}
