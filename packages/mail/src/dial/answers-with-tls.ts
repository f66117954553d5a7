import { connect } from "node:tls"

/**
 * Whether the port completes a TLS handshake from the first octet, tried on a connection of its own after a plain one got no sensible
 * greeting. Nothing is sent over it, so the certificate does not matter. False after `timeoutMs`.
 */
export function answersWithTls(target: { address: string; port: number; timeoutMs: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.address, port: target.port, rejectUnauthorized: false, servername: "" })
    const answer = (speaksTls: boolean) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(speaksTls)
    }
    const timer = setTimeout(() => answer(false), target.timeoutMs)
    socket.once("secureConnect", () => answer(true))
    socket.on("error", () => answer(false))
    socket.once("close", () => answer(false))
  })
}
