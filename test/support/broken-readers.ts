import { RelayError } from "@postrider/core/error/relay-error"
import type { FetchedMail, MailboxReader, MailboxSession } from "@postrider/core/ports/mailbox-reader"

/** A reader whose sessions differ from those of `reader` in what `change` returns. */
export function brokenReader(
  reader: MailboxReader,
  change: (session: MailboxSession) => Partial<MailboxSession>,
): MailboxReader {
  return {
    open: async (options) => {
      const session = await reader.open(options)
      const live = {
        get tls() {
          return session.tls
        },
      }
      return Object.assign(live, session, change(session))
    },
  }
}

/** Changes what a fetch yields. */
export const refetched =
  (change: (mail: FetchedMail) => FetchedMail | null) =>
  (session: MailboxSession): Partial<MailboxSession> => ({
    async *fetch(refs, limits) {
      for await (const mail of session.fetch(refs, limits)) {
        const changed = change(mail)
        if (changed !== null) yield changed
      }
    },
  })

/** Reads on until the end or the first error, and calls that the end. */
export async function* quietly(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } catch {
    // What this reader does wrong.
  }
}

export async function* cutAt(body: AsyncIterable<Uint8Array>, octets: number): AsyncGenerator<Uint8Array> {
  let left = octets
  for await (const piece of body) {
    yield piece.subarray(0, left)
    left -= piece.length
    if (left <= 0) return
  }
}

/** Collects the whole body before it gives any. */
export async function* inOnePiece(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of body) pieces.push(piece)
  yield Buffer.concat(pieces)
}

/** A reader that takes every refused login for a wrong password. */
export const blamingReader = (reader: MailboxReader): MailboxReader => ({
  open: (options) =>
    reader.open(options).catch((error: unknown) => {
      if (!(error instanceof RelayError) || error.options.fault === undefined) throw error
      const fault = { ...error.options.fault, class: "auth" as const, stage: "auth" as const }
      throw new RelayError("provider/auth_failed", "refused", { fault, cause: error })
    }),
})
