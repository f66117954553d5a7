import { connect as connectTcp, type Socket } from "node:net"
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls"
import type { TlsSettings } from "@postrider/core/ports/mail-server"
import { checkPeer } from "../dial/certificate-check.ts"
import { pinnedOptions } from "../dial/tls-options.ts"

const maxLineBytes = 4096

export const connectPlain = (address: string, port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connectTcp({ host: address, port }, () => {
      socket.off("error", reject)
      resolve(socket)
    })
    socket.once("error", reject)
  })

/** Resolves once the handshake is over and the certificate checked (mail-rules N2). `started` gets the socket before. */
export const secure = (
  server: { host: string; tls: TlsSettings },
  over: Pick<ConnectionOptions, "socket" | "host" | "port">,
  started: (socket: TLSSocket) => void,
): Promise<TLSSocket> =>
  new Promise((resolve, reject) => {
    const socket = connectTls({ ...pinnedOptions(server.tls, server.host), ...over }, () => {
      const refused = checkPeer(socket, { name: server.tls.serverName ?? server.host, settings: server.tls })
      if (refused !== undefined) return reject(refused)
      resolve(socket)
    })
    started(socket)
    socket.on("error", reject)
    socket.once("close", () => reject(closed()))
  })

/** Lines of a socket, of limited length. One reader a socket. */
export function createLineReader(socket: Socket): () => Promise<string> {
  let text = ""
  let failed: Error | null = null
  let wake = () => {}
  const fail = (error: Error) => {
    failed ??= error
    wake()
  }
  socket.on("data", (octets: Buffer) => {
    text += octets.toString("latin1")
    wake()
  })
  socket.on("error", fail)
  socket.on("close", () => fail(closed()))
  return async () => {
    for (;;) {
      const end = text.indexOf("\n")
      if (end >= 0) {
        const line = text.slice(0, end).replace(/\r$/, "")
        text = text.slice(end + 1)
        return line
      }
      // A TLS record has no line end; nobody greets with so long a line either.
      if (text.length > maxLineBytes || isTlsRecord(text)) throw notALine(text)
      if (failed !== null) throw failed
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
}

/** The other side ended the connection. */
export const closed = (): Error => Object.assign(new Error("closed"), { code: "ECONNRESET" })

const notALine = (text: string): Error =>
  Object.assign(new Error("no line of text"), { code: isTlsRecord(text) ? "TLS_RECORD" : "LINE_TOO_LONG" })

/** Alert (21) or handshake (22), version 3: RFC 8446 section 5.1. */
const isTlsRecord = (text: string): boolean => [21, 22].includes(text.charCodeAt(0)) && text.charCodeAt(1) === 3
