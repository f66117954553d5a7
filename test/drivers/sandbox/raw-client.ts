import { connect, type Socket } from "node:net"
import { type TLSSocket, connect as tlsConnect } from "node:tls"

/** A client that sends and reads lines, and nothing more: what it says is what the test wrote. */
export type RawClient = {
  send(text: string | Buffer): void
  /** The next line without its end; rejects when the connection ends first. */
  line(): Promise<string>
  /** Lines up to and with the first that matches. */
  until(last: RegExp): Promise<string[]>
  /** Sends and reads one line. */
  ask(text: string): Promise<string>
  startTls(options: { ca: string }): Promise<void>
  /** Resolves when the server has ended the connection; with the octets that were not read as lines. */
  closed(): Promise<string>
  close(): void
}

export async function openRaw(port: number): Promise<RawClient> {
  let socket: Socket | TLSSocket = connect(port, "127.0.0.1")
  let received = ""
  let ended = false
  let wake = () => {}
  const attach = (next: Socket) => {
    socket = next
    next.setEncoding("latin1")
    next.on("data", (chunk: string) => {
      received += chunk
      wake()
    })
    next.on("error", () => next.destroy())
    next.on("close", () => {
      ended = true
      wake()
    })
  }
  attach(socket)
  const change = () => new Promise<void>((resolve) => (wake = resolve))
  const client: RawClient = {
    send: (text) => void socket.write(text),
    async line() {
      while (!received.includes("\r\n")) {
        if (ended) throw new Error(`connection ended, unread: ${JSON.stringify(received.slice(0, 200))}`)
        await change()
      }
      const end = received.indexOf("\r\n")
      const line = received.slice(0, end)
      received = received.slice(end + 2)
      return line
    },
    async until(last) {
      const lines = [await client.line()]
      while (!last.test(lines.at(-1) ?? "")) lines.push(await client.line())
      return lines
    },
    ask(text) {
      client.send(`${text}\r\n`)
      return client.line()
    },
    async startTls({ ca }) {
      socket.removeAllListeners()
      const secure = tlsConnect({ socket, ca, servername: "localhost" })
      await new Promise((resolve, reject) => secure.once("secureConnect", resolve).once("error", reject))
      attach(secure)
    },
    async closed() {
      while (!ended) await change()
      return received
    },
    close: () => void socket.destroy(),
  }
  return client
}
