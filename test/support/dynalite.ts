import { once } from "node:events"
import type { Server } from "node:http"
import { createRequire } from "node:module"

export interface Dynalite {
  url: string
  stop(): Promise<void>
}

const require = createRequire(import.meta.url)
const dynalite: (options: object) => Server = require("dynalite")

/** DynamoDB in memory. */
export async function startDynalite(): Promise<Dynalite> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("not listening")
  return {
    url: `http://127.0.0.1:${address.port}`,
    async stop() {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}
