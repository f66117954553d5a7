import { connect as connectTcp, type Socket } from "node:net"
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from "node:tls"
import type { MailServer, TlsFacts } from "@postrider/core/ports/mail-server"
import type { ImapTransport } from "imapflow"
import { checkPeer } from "../dial/certificate-check.ts"
import { tlsFacts } from "../dial/tls-facts.ts"
import { pinnedOptions } from "../dial/tls-options.ts"

/** How far a connection got before imapflow could tell. */
export interface DialProgress {
  stage: "connect" | "tls" | "greeting"
  /** The first octets on a plain connection were a TLS record. */
  answeredWithTls: boolean
  tls: TlsFacts | null
}

type Dialled = Pick<MailServer, "host" | "tls">

interface Watchers {
  progress: DialProgress
  /** Called with each socket once imapflow reads from it: a listener for its data before would make it lose the first octets. */
  onRead: (socket: Socket) => void
}

/**
 * Sockets for imapflow, dialled by address and with the certificate checked before an octet of ours is sent (mail-rules N1, N2).
 * imapflow's own way has no place for a pinned certificate and hides the certificate it met.
 */
export function createTransport(server: Dialled, { progress, onRead }: Watchers): ImapTransport {
  const options = pinnedOptions(server.tls, server.host)
  return {
    connect({ host, port, secure }, onConnect) {
      if (secure) return dialTls(server, { ...options, host, port }, { progress, onRead, onSecure: onConnect })
      const socket = connectTcp({ host, port }, () => {
        progress.stage = "greeting"
        onConnect()
        noticeTls(socket, progress)
        onRead(socket)
      })
      return socket
    },
    upgrade(socket, _options, onSecure) {
      return dialTls(server, { ...options, socket }, { progress, onRead, onSecure })
    },
  }
}

interface Watch extends Watchers {
  onSecure: () => void
}

function dialTls(server: Dialled, options: ConnectionOptions, { progress, onRead, onSecure }: Watch): TLSSocket {
  const expected = { name: server.tls.serverName ?? server.host, settings: server.tls }
  const socket = connectTls(options, () => {
    const refused = checkPeer(socket, expected)
    if (refused !== undefined) {
      socket.destroy(refused)
      return
    }
    progress.stage = "greeting"
    progress.tls = tlsFacts(socket)
    onSecure()
    onRead(socket)
  })
  socket.once("connect", () => {
    progress.stage = "tls"
  })
  return socket
}

/** An alert (21) or handshake (22) record of TLS, RFC 8446 section 5.1: no IMAP server begins so. */
function noticeTls(socket: Socket, progress: DialProgress): void {
  socket.once("data", (first: Buffer) => {
    progress.answeredWithTls = (first[0] === 21 || first[0] === 22) && first[1] === 3
  })
}
