import { GetObjectCommand, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3"
import { getSignedUrl } from "@aws-sdk/s3-request-presigner"
import type { Clock } from "@postrider/core/ports/clock"
import type { ContentStore } from "@postrider/core/ports/content-store"
import { checkContentKey } from "../check-content-key.ts"
import { awsFault } from "./aws-fault.ts"

/** S3 signs for seven days at most. */
const maxTtlSeconds = 7 * 24 * 60 * 60

/**
 * URLs with which a client reads or writes one object of the bucket itself. Signing sends no request. A URL dies with the
 * credentials that signed it, so one of a Lambda role lives for hours at most, whatever its time.
 */
export function createSignedUrls(options: {
  signer: S3Client
  bucket: string
  clock: Clock
}): Required<Pick<ContentStore, "readUrl" | "writeUrl">> {
  const { signer, bucket: Bucket, clock } = options

  return {
    async readUrl(key, ttlMs) {
      checkContentKey(key)
      const expiresIn = secondsOf(ttlMs)
      const url = await getSignedUrl(signer, new GetObjectCommand({ Bucket, Key: key }), { expiresIn }).catch(fail)
      return { url, headers: {}, expiresAt: clock.now() + expiresIn * 1000 }
    },
    /** S3 cannot cap the size of a signed PUT: whoever uses the upload compares its size with `maxBytes`. */
    async writeUrl(key, { ttlMs, contentType }) {
      checkContentKey(key)
      const expiresIn = secondsOf(ttlMs)
      const typed = contentType === undefined ? {} : { ContentType: contentType }
      const url = await getSignedUrl(signer, new PutObjectCommand({ Bucket, Key: key, ...typed }), {
        expiresIn,
        signableHeaders: new Set(contentType === undefined ? [] : ["content-type"]),
      }).catch(fail)
      const headers: Record<string, string> = contentType === undefined ? {} : { "content-type": contentType }
      return { url, headers, expiresAt: clock.now() + expiresIn * 1000 }
    },
  }
}

function secondsOf(ttlMs: number): number {
  return Math.min(Math.max(Math.floor(ttlMs / 1000), 1), maxTtlSeconds)
}

function fail(error: unknown): never {
  throw awsFault(error)
}
