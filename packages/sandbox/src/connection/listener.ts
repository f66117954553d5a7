import { type AddressInfo, createServer, type Socket } from "node:net"

export type Listener = {
  readonly port: number
  /** Stops listening and cuts every open connection. */
  stop(): Promise<void>
}

export type ListenOptions = {
  readonly host: string
  readonly port: number
  /** A rejection ends that connection only. */
  readonly serve: (socket: Socket) => Promise<void>
}

/** Listens on a TCP port; rejects when the port is taken. */
export function listen({ host, port, serve }: ListenOptions): Promise<Listener> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on("error", () => socket.destroy())
    socket.once("close", () => open.delete(socket))
    serve(socket).catch((cause: Error) => socket.destroy(cause))
  })
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of open) socket.destroy()
    })
  return new Promise((resolve, reject) => {
    server.once("error", reject)
    server.listen(port, host, () => resolve({ port: (server.address() as AddressInfo).port, stop }))
  })
}
