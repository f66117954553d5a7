import { DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3"
import type { ContentRange, ContentStore, StoredContent } from "@postrider/core/ports/content-store"
import { checkContentKey } from "../check-content-key.ts"
import { checkContentRange } from "../check-content-range.ts"
import { nameOfFault, overloaded, statusOfFault } from "./aws-fault.ts"
import { inBodyParts } from "./body-parts.ts"
import { type Bucket, uploadInParts } from "./multipart-upload.ts"
import { readBody } from "./read-body.ts"

/** The smallest part S3 takes, and the most of a body that is held in memory. */
const partBytes = 5 * 1024 * 1024
const keysPerDelete = 1000

/**
 * Content as plain objects in a bucket, under its own key. Up to 5 MiB is one PUT; more goes up in parts. Needs s3:PutObject,
 * s3:GetObject, s3:DeleteObject and s3:AbortMultipartUpload on the objects, and s3:ListBucket on the bucket: without the last,
 * S3 answers 403 where a key is missing.
 */
export function createContentStore(bucket: Bucket): Omit<ContentStore, "readUrl" | "writeUrl"> {
  const { s3, name: Bucket, requests } = bucket

  return {
    async put(key, body) {
      checkContentKey(key)
      const parts = inBodyParts(body, partBytes)
      try {
        const first = await parts.next()
        if (first.done === true) throw overloaded("a body without an end")
        if (!first.value.last) return { size: await uploadInParts(bucket, key, withFirst(first.value, parts)) }
        const { bytes } = first.value
        const command = new PutObjectCommand({ Bucket, Key: key, Body: bytes })
        await requests.ask((abortSignal) => s3.send(command, { abortSignal }), { timeoutMs: 120_000 })
        return { size: bytes.length }
      } finally {
        await parts.return()
      }
    },
    async get(key, range) {
      checkContentKey(key)
      checkContentRange(range, Number.MAX_SAFE_INTEGER)
      // HTTP has no range of nothing.
      if (range?.length === 0) return nothingOf(bucket, key)
      const found = await getObject(bucket, key, range)
      return found === null ? nothingOf(bucket, key) : found
    },
    async delete(keys) {
      for (const key of keys) checkContentKey(key)
      const unique = [...new Set(keys)]
      for (let at = 0; at < unique.length; at += keysPerDelete) {
        const Objects = unique.slice(at, at + keysPerDelete).map((Key) => ({ Key }))
        const command = new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } })
        const { Errors = [] } = await requests.ask((abortSignal) => s3.send(command, { abortSignal }))
        const failed = Errors.filter(({ Code }) => Code !== "NoSuchKey")
        if (failed.length > 0) throw overloaded(`${failed.length} objects not deleted: ${failed[0]?.Code}`)
      }
    },
  }
}

async function* withFirst<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T, void> {
  yield first
  yield* rest
}

/** Null when the range begins where the content ends: only then a second request must tell its size. */
async function getObject(
  bucket: Bucket,
  key: string,
  range: ContentRange | undefined,
): Promise<StoredContent | undefined | null> {
  const start = range?.start ?? 0
  const answer = await request(bucket, key, range && rangeOf(start, start + range.length))
  if (answer === undefined || answer === null) return answer
  const { Body: first, ContentLength: length = 0, ContentRange: shown } = answer
  const reopen = async (from: number) => (await request(bucket, key, rangeOf(start + from, start + length)))?.Body
  return { size: sizeOf(shown, length), body: readBody({ first, length, reopen }) }
}

async function request({ s3, name, requests }: Bucket, key: string, Range: string | undefined) {
  const command = new GetObjectCommand({ Bucket: name, Key: key, ...(Range !== undefined && { Range }) })
  return requests.ask(async (abortSignal) => {
    try {
      return await s3.send(command, { abortSignal })
    } catch (error) {
      if (isMissing(error)) return undefined
      if (statusOfFault(error) === 416) return null
      throw error
    }
  })
}

/** RFC 9110 section 14.1.2; `end` is the first octet that is not wanted. */
function rangeOf(start: number, end: number): string {
  return `bytes=${start}-${Math.min(end, Number.MAX_SAFE_INTEGER) - 1}`
}

async function nothingOf({ s3, name, requests }: Bucket, key: string): Promise<StoredContent | undefined> {
  const command = new HeadObjectCommand({ Bucket: name, Key: key })
  return requests.ask(async (abortSignal) => {
    try {
      const { ContentLength = 0 } = await s3.send(command, { abortSignal })
      return { size: ContentLength, body: nothing() }
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  })
}

async function* nothing(): AsyncGenerator<Uint8Array, void> {}

/** `bytes 0-9/1000`, RFC 9110 section 14.4. */
function sizeOf(contentRange: string | undefined, contentLength: number): number {
  const total = contentRange?.split("/")[1]
  return total === undefined ? contentLength : Number(total)
}

function isMissing(error: unknown): boolean {
  const name = nameOfFault(error)
  return name === "NoSuchKey" || name === "NotFound"
}
