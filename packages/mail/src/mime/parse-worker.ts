import { parentPort } from "node:worker_threads"
import { type MailReading, readMail } from "./read-mail.ts"
import type { FromWorker, ToWorker } from "./worker-messages.ts"

/** Thread in which mails are read, one after the other. Whatever goes wrong here costs one mail, never the process. */
const port = parentPort
if (port === null) throw new Error("parse-worker runs as a worker thread only")

let current: { mail: number; reading: MailReading } | undefined
let more: (() => void) | undefined
/** Number of the newest mail; what an older one still has to say interests nobody. */
let newest = -1

function answer(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer)
}

function start(mail: number, wanted: number | null): MailReading {
  if (wanted === null) return readMail()
  return readMail({
    wanted: {
      index: wanted,
      onStart: (meta) => answer({ kind: "attachment", mail, meta }),
      onEnd: (meta) => answer({ kind: "attachmentEnd", mail, meta }),
      async onChunk(chunk) {
        if (mail !== newest) return
        const octets = Uint8Array.from(chunk)
        const taken = new Promise<void>((resolve) => {
          more = resolve
        })
        answer({ kind: "piece", mail, octets }, [octets.buffer])
        await taken
      },
    },
  })
}

async function handle(message: Exclude<ToWorker, { kind: "more" }>): Promise<void> {
  const { mail } = message
  if (message.kind === "start") {
    current = { mail, reading: start(mail, message.wanted) }
    return
  }
  if (current?.mail !== mail) return
  switch (message.kind) {
    case "chunk":
      await current.reading.write(message.octets)
      return answer({ kind: "taken", mail })
    case "end":
      return answer({ kind: "parsed", mail, result: await current.reading.end() })
  }
}

let tail: Promise<void> = Promise.resolve()
port.on("message", (message: ToWorker) => {
  // These overtake: the chunk before them may wait for a reader who is slow, or gone.
  if (message.kind === "start") newest = message.mail
  if (message.kind === "start" || message.kind === "more") more?.()
  if (message.kind !== "more") tail = tail.then(() => handle(message))
})
