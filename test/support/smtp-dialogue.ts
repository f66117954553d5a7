import type { Socket } from "node:net"
import { loginStep } from "./smtp-login.ts"

/** `data` is the command, `body` its first octets, `dot` the end of the mail. */
export type SmtpStep =
  | "connect"
  | "ehlo"
  | "helo"
  | "starttls"
  | "auth"
  | "mail"
  | "rcpt"
  | "data"
  | "body"
  | "dot"
  | "rset"
  | "quit"

/** Lines to say, and what happens end: `drop` ends the connection, `reset` does so with RST, `hang` never answers again. */
export type SmtpAnswer = string | { say?: string; end: "drop" | "reset" | "hang" }

export interface SmtpMoment {
  /** What follows the verb; of `body`, how many octets came so far. */
  argument: string
  connection: number
  /** Mails begun on this connection before this one. */
  mail: number
}

export interface SmtpScript {
  /** Beside STARTTLS and AUTH. */
  capabilities?: string[]
  /** Mechanisms; none by default. */
  auth?: string[]
  /** Undefined: what a server in good order says. */
  answer?: (step: SmtpStep, moment: SmtpMoment) => SmtpAnswer | undefined | Promise<SmtpAnswer | undefined>
}

export interface ReceivedMail {
  from: string
  /** As said, with parameters. */
  mail: string
  recipients: string[]
  data: Buffer
}

export interface SmtpDialogue {
  commands: string[]
  mails: ReceivedMail[]
  /** Octets of the body of the mail that is being received. */
  bodyOctets(): number
  secure(): boolean
  ended(): boolean
}

interface Line {
  socket: Socket
  raw: Socket
  upgrade(socket: Socket): Socket
  starttls: boolean
}

const crlf = Buffer.from("\r\n")

/** The server's side of one connection. */
export function createSmtpDialogue(line: Line, script: SmtpScript, connection: number): SmtpDialogue {
  const commands: string[] = []
  const mails: ReceivedMail[] = []
  let { socket } = line
  let secure = socket !== line.raw
  let pending: Buffer = Buffer.alloc(0)
  let body: Buffer[] | null = null
  let bodyOctets = 0
  let bodySeen = false
  let begun = 0
  let hung = false
  let busy = false
  let ended = false
  let login: ((text: string) => string | undefined) | null = null
  let envelope: { mail: string; recipients: string[] } = { mail: "", recipients: [] }

  const listen = (): void => {
    socket.on("data", (chunk: Buffer) => {
      if (hung) return
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
      void pump()
    })
    socket.on("close", () => {
      ended = true
    })
  }
  async function say(step: SmtpStep, argument: string, usual: string): Promise<string> {
    const answer = (await script.answer?.(step, { argument, connection, mail: begun })) ?? usual
    const text = typeof answer === "string" ? answer : (answer.say ?? "")
    if (text !== "" && !socket.destroyed)
      socket.write(text.endsWith("\n") || text.endsWith("~") ? text.replace(/~$/, "") : `${text}\r\n`)
    if (typeof answer === "string") return text
    hung = true
    if (step === "body") stopReading()
    if (answer.end === "drop") socket.end()
    // What was said before has to arrive first: a reset discards it on either side.
    if (answer.end === "reset") setTimeout(() => line.raw.resetAndDestroy(), 20)
    return text
  }
  /** Long enough for a client to run into its deadline; then its end is noticed. */
  function stopReading(): void {
    socket.pause()
    setTimeout(() => socket.resume(), 800)
  }
  async function pump(): Promise<void> {
    if (busy) return
    busy = true
    while (!hung && (body === null ? await command() : await data()));
    busy = false
  }
  async function command(): Promise<boolean> {
    const end = pending.indexOf(crlf)
    if (end < 0) return false
    const text = pending.subarray(0, end).toString("utf8")
    pending = pending.subarray(end + 2)
    const verb = login === null ? (text.split(" ", 1)[0] ?? "").toUpperCase() : "(login)"
    commands.push(verb === "AUTH" ? text.split(" ").slice(0, 2).join(" ") : login === null ? text : "(login)")
    await (login === null ? obey(verb, text.slice(verb.length + 1)) : continueLogin(text))
    return true
  }
  async function continueLogin(text: string): Promise<void> {
    const reply = login?.(text) ?? "501 5.5.2 what?"
    if (!reply.startsWith("334")) login = null
    await say("auth", text, reply)
  }
  async function obey(verb: string, argument: string): Promise<void> {
    switch (verb) {
      case "EHLO":
        return void (await say("ehlo", argument, ehlo()))
      case "HELO":
        return void (await say("helo", argument, "250 scripted.test"))
      case "STARTTLS":
        return startTls()
      case "AUTH":
        return startLogin(argument)
      case "MAIL":
        envelope = { mail: argument, recipients: [] }
        await say("mail", argument, "250 2.1.0 Ok")
        begun++
        return
      case "RCPT": {
        const reply = await say("rcpt", argument, "250 2.1.5 Ok")
        if (reply.startsWith("2")) envelope.recipients.push(argument)
        return
      }
      case "DATA":
        return startData()
      case "RSET":
        return void (await say("rset", "", "250 2.0.0 Ok"))
      case "QUIT":
        await say("quit", "", "221 2.0.0 Bye")
        return void socket.end()
      default:
        await say("rset", argument, "500 5.5.2 unknown")
    }
  }
  function ehlo(): string {
    const lines = [
      "scripted.test",
      ...(script.capabilities ?? ["PIPELINING", "SIZE 100000000", "8BITMIME", "SMTPUTF8", "DSN"]),
      ...(line.starttls && !secure ? ["STARTTLS"] : []),
      ...(script.auth === undefined ? [] : [`AUTH ${script.auth.join(" ")}`]),
    ]
    return lines.map((text, index) => `250${index === lines.length - 1 ? " " : "-"}${text}`).join("\r\n")
  }
  async function startTls(): Promise<void> {
    const reply = await say("starttls", "", line.starttls ? "220 2.0.0 Go ahead" : "502 5.5.1 not implemented")
    if (!reply.startsWith("220")) return
    socket.removeAllListeners("data")
    pending = Buffer.alloc(0)
    socket = line.upgrade(socket)
    secure = true
    listen()
  }
  async function startLogin(argument: string): Promise<void> {
    const [mechanism = "", initial] = argument.split(" ")
    login = loginStep(mechanism)
    const reply = login(initial ?? "") ?? "504 5.5.4 mechanism"
    if (!reply.startsWith("334")) login = null
    const said = await say("auth", argument, reply)
    if (!said.startsWith("334")) login = null
  }
  async function startData(): Promise<void> {
    const usual = envelope.recipients.length === 0 ? "554 5.5.1 no valid recipients" : "354 go on"
    const reply = await say("data", "", usual)
    if (!reply.startsWith("354")) return
    body = []
    bodyOctets = 0
    bodySeen = false
  }
  async function data(): Promise<boolean> {
    if (pending.length === 0) return false
    if (!bodySeen && bodyOctets + pending.length > 0) {
      bodySeen = true
      await say("body", String(pending.length), "")
      if (hung) return false
    }
    const all = Buffer.concat([...(body ?? []).slice(-1), pending])
    const kept = (body ?? []).slice(0, -1)
    const end = all.indexOf("\r\n.\r\n")
    const empty = end < 0 && kept.length === 0 && all.indexOf(".\r\n") === 0
    if (end < 0 && !empty) {
      bodyOctets += pending.length
      // The last four octets may begin the end.
      body = [...kept, all.subarray(0, -4), all.subarray(-4)]
      pending = Buffer.alloc(0)
      return false
    }
    const content = empty ? Buffer.alloc(0) : Buffer.concat([...kept, all.subarray(0, end + 2)])
    pending = all.subarray(empty ? 3 : end + 5)
    body = null
    const mail = { from: envelope.mail, mail: envelope.mail, recipients: envelope.recipients, data: unstuffed(content) }
    const reply = await say("dot", "", "250 2.0.0 Ok queued as 1")
    if (reply.startsWith("250")) mails.push(mail)
    return true
  }

  listen()
  void say("connect", "", "220 scripted.test ESMTP")
  return { commands, mails, bodyOctets: () => bodyOctets, secure: () => secure, ended: () => ended }
}

const unstuffed = (content: Buffer): Buffer =>
  Buffer.from(content.toString("latin1").replace(/(^|\r\n)\.\./g, "$1."), "latin1")
