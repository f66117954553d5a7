import { Readable } from "node:stream"
import type { ByteStream } from "@postrider/core/ports/content-store"

export interface BodyStream {
  /** For SMTPConnection.send. */
  stream: Readable
  /** The final dot was handed to the socket. */
  dotQueued(): boolean
  /** What the caller's own stream threw. */
  failure(): { error: unknown } | null
}

export interface BodyListeners {
  /** Each time more of the body was taken. */
  onProgress(): void
  /** When the last octet of the body and the dot were handed to the socket. */
  onDotQueued(): void
}

/** The body as nodemailer reads it, watched so that we know how much of it can have reached the server. */
export function createBodyStream(body: ByteStream, listeners: BodyListeners): BodyStream {
  let dotQueued = false
  let failure: { error: unknown } | null = null
  async function* watched(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        listeners.onProgress()
        yield chunk
      }
    } catch (error) {
      failure = { error }
      // nodemailer writes into the errors it passes on; ours stays as it is.
      throw new Error("the body could not be read", { cause: error })
    }
  }
  const stream = Readable.from(watched(), { objectMode: false, highWaterMark: 65_536 })
  const pipe = stream.pipe.bind(stream)
  // The destination is nodemailer's dot-stuffing stream. Its end means that all of it, with the dot, went to the socket.
  stream.pipe = (destination, options) => {
    destination.once("end", () => {
      dotQueued = true
      listeners.onDotQueued()
    })
    return pipe(destination, options)
  }
  return { stream, dotQueued: () => dotQueued, failure: () => failure }
}
