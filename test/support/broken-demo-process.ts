import { createServer } from "node:net"
import { runDemo } from "../../packages/server/src/demo/run-demo.ts"
import { createScreen } from "../../packages/server/src/demo/screen.ts"
import { startStack } from "../../packages/server/src/demo/start-stack.ts"

/** The demo with a POP3 port that nobody listens on: its last step cannot happen. */
await runDemo({
  screen: createScreen(process.stdout, false),
  once: true,
  patienceMs: 2_500,
  async start() {
    const stack = await startStack()
    return { ...stack, sandbox: { ...stack.sandbox, ports: { ...stack.sandbox.ports, pop3: await closedPort() } } }
  },
})

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === "object" && address !== null ? address.port : 1
}
