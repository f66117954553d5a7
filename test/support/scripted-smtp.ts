import { createServer, type Socket } from "node:net"
import { createSecureContext, TLSSocket } from "node:tls"
import { type CertificateName, certificate } from "./certificates.ts"
import { createSmtpDialogue, type SmtpDialogue, type SmtpScript } from "./smtp-dialogue.ts"

export interface ScriptedSmtpOptions extends SmtpScript {
  security?: "tls" | "starttls" | "none"
  certificate?: CertificateName
}

export interface ScriptedSmtp {
  port: number
  /** One for each connection, in order. */
  dialogues: SmtpDialogue[]
  /** Mails whose dot was answered with 250, of all connections. */
  mails(): SmtpDialogue["mails"]
  /** Commands of all connections; AUTH without what follows it. */
  commands(): string[]
  open(): number
  close(): Promise<void>
}

/**
 * A raw SMTP server on the loopback that does what the script says at each step, faults included. Every mischief a real server
 * can do to a client is a line of script; it checks nothing of its own accord but the login.
 */
export async function startScriptedSmtp(options: ScriptedSmtpOptions = {}): Promise<ScriptedSmtp> {
  const security = options.security ?? "none"
  const context = createSecureContext(certificate(options.certificate ?? "server"))
  const dialogues: SmtpDialogue[] = []
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on("error", () => socket.destroy())
    socket.on("close", () => sockets.delete(socket))
    const upgrade = (plain: Socket): Socket => {
      const secure = new TLSSocket(plain, { isServer: true, secureContext: context })
      secure.on("error", () => plain.destroy())
      return secure
    }
    const dialogue = createSmtpDialogue(
      {
        socket: security === "tls" ? upgrade(socket) : socket,
        raw: socket,
        upgrade,
        starttls: security === "starttls",
      },
      options,
      dialogues.length,
    )
    dialogues.push(dialogue)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const address = server.address()
  if (address === null || typeof address === "string") throw new Error("no port")
  return {
    port: address.port,
    dialogues,
    mails: () => dialogues.flatMap((each) => each.mails),
    commands: () => dialogues.flatMap((each) => each.commands),
    open: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
