import type { FetchedMail } from "@postrider/core/ports/mailbox-reader"
import type { ImapConnection } from "./connection.ts"
import { fetchHeaders } from "./fetch-headers.ts"
import { isBusy, refusalOf } from "./imap-fault.ts"
import { type FetchStep, planFetch } from "./plan-fetch.ts"
import { type BatchBodies, endsAt, readBatch } from "./read-batch.ts"
import { openStream } from "./read-stream.ts"
import { chunks, uidSet } from "./uid-set.ts"

/** What a step of the plan needs. `sizes` holds RFC822.SIZE by UID, corrected where reading showed more. */
interface Reading {
  connection: ImapConnection
  sizes: Map<number, number>
  maxBytes: number
}

/** Memory that one batch may take when the server sends more than it listed. */
const batchSlackBytes = 16 * 1024 * 1024
/** Of the answer that tells the sizes of 500 mails. */
const maxSizesBytes = 4 * 1024 * 1024

/** Bodies in the order asked, without \Seen; each UID gets exactly one answer (mail-rules B4, B6). */
export async function* fetchMails(reading: Reading, uids: readonly number[]): AsyncGenerator<FetchedMail> {
  await learnSizes(reading, uids)
  for (const step of planFetch(uids, reading.sizes, reading.maxBytes)) yield* readStep(reading, step)
}

async function* readStep(reading: Reading, step: FetchStep): AsyncGenerator<FetchedMail> {
  switch (step.kind) {
    case "oversize":
      yield await headersOnly(reading, step.uid)
      return
    case "stream":
      yield* readAlone(reading, step.uid)
      return
    case "batch": {
      const bodies = await readBatch(reading.connection, step.uids, reading.maxBytes + batchSlackBytes)
      for (const uid of step.uids) yield* readOfBatch(reading, uid, bodies)
    }
  }
}

async function* readOfBatch(reading: Reading, uid: number, bodies: BatchBodies): AsyncGenerator<FetchedMail> {
  const octets = bodies.get(uid)
  bodies.delete(uid)
  // Not delivered with the others: asked again alone (mail-rules B4).
  if (octets === undefined) yield* readAlone(reading, uid)
  else if (octets.length > reading.maxBytes) yield await headersOnly(reading, uid)
  else if (octets.length >= (reading.sizes.get(uid) ?? 0) || (await endsAt(reading.connection, uid, octets.length))) {
    yield { kind: "mail", ref: uid, body: once(octets) }
  } else yield* readAlone(reading, uid)
}

async function* readAlone(reading: Reading, uid: number): AsyncGenerator<FetchedMail> {
  const onOversize = (octets: number) => reading.sizes.set(uid, octets)
  const opened = await openStream(reading.connection, { uid, maxBytes: reading.maxBytes, onOversize })
  switch (opened.kind) {
    case "missing":
      yield { kind: "missing", ref: uid, reason: opened.reason }
      return
    case "oversize":
      reading.sizes.set(uid, opened.size)
      yield await headersOnly(reading, uid)
      return
    case "mail":
      try {
        yield { kind: "mail", ref: uid, body: opened.body }
      } finally {
        opened.close()
      }
  }
}

async function headersOnly({ connection }: Reading, uid: number): Promise<FetchedMail> {
  const headers = (await fetchHeaders(connection, [uid])).get(uid)
  if (headers === undefined) return { kind: "missing", ref: uid, reason: "no header in the answer" }
  return { kind: "oversize", ref: uid, headers }
}

/** Sizes of mails that were not listed in this session. What the server leaves out stays unknown, and is read as a stream. */
async function learnSizes({ connection, sizes }: Reading, uids: readonly number[]): Promise<void> {
  const unknown = uids.filter((uid) => !sizes.has(uid))
  for (const batch of chunks(unknown, 500)) {
    try {
      const wanted = new Set(batch)
      const ask = async () => {
        const rows = connection.client.fetch(uidSet(batch), { uid: true, size: true }, { uid: true })
        for await (const row of rows) if (row.size !== undefined && wanted.has(row.uid)) sizes.set(row.uid, row.size)
      }
      await connection.attempt("fetch", ask, { octets: maxSizesBytes, code: "TooMuchData" })
    } catch (error) {
      if (refusalOf(error) === null || isBusy(error)) throw connection.fail("fetch", error)
    }
  }
}

async function* once(octets: Uint8Array): AsyncGenerator<Uint8Array> {
  yield octets
}
