import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  type S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3"
import { nameOfFault, overloaded } from "./aws-fault.ts"
import type { BodyPart } from "./body-parts.ts"
import type { Requests } from "./requests.ts"

export interface Bucket {
  s3: S3Client
  name: string
  requests: Requests
}

interface Target {
  Bucket: string
  Key: string
  UploadId: string
}

/**
 * Stores a body part by part; a reader sees nothing of it before the last one. When the body or the store fails, the upload is
 * aborted, so that nothing is left to pay for; where that fails too, the bucket's lifecycle rule does it.
 */
export async function uploadInParts(bucket: Bucket, key: string, parts: AsyncIterable<BodyPart>): Promise<number> {
  const { s3, requests } = bucket
  const place = { Bucket: bucket.name, Key: key }
  const created = await requests.ask((abortSignal) => s3.send(new CreateMultipartUploadCommand(place), { abortSignal }))
  if (created.UploadId === undefined) throw overloaded("an upload without an id")
  const target = { ...place, UploadId: created.UploadId }
  try {
    const { etags, size } = await uploadAll(bucket, target, parts)
    await complete(bucket, target, { etags, size })
    return size
  } catch (error) {
    await requests
      .ask((abortSignal) => s3.send(new AbortMultipartUploadCommand(target), { abortSignal }))
      .catch(leaveToLifecycle)
    throw error
  }
}

async function uploadAll({ s3, requests }: Bucket, target: Target, parts: AsyncIterable<BodyPart>) {
  const etags: string[] = []
  let size = 0
  for await (const { bytes } of parts) {
    const part = new UploadPartCommand({ ...target, PartNumber: etags.length + 1, Body: bytes })
    const { ETag } = await requests.ask((abortSignal) => s3.send(part, { abortSignal }), { timeoutMs: 120_000 })
    if (ETag === undefined) throw overloaded("a part without an etag")
    etags.push(ETag)
    size += bytes.length
  }
  return { etags, size }
}

async function complete(
  { s3, requests }: Bucket,
  target: Target,
  { etags, size }: { etags: readonly string[]; size: number },
): Promise<void> {
  const Parts = etags.map((ETag, at) => ({ ETag, PartNumber: at + 1 }))
  const command = new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } })
  await requests.ask(
    async (abortSignal) => {
      try {
        await s3.send(command, { abortSignal })
      } catch (error) {
        // The answer to our first try may have been lost: then the upload is gone because it is complete.
        if (nameOfFault(error) !== "NoSuchUpload") throw error
        const { Bucket, Key } = target
        const stored = await s3.send(new HeadObjectCommand({ Bucket, Key }), { abortSignal })
        if (stored.ContentLength !== size) throw error
      }
    },
    { timeoutMs: 120_000 },
  )
}

/** The error that is on its way out says what went wrong. */
function leaveToLifecycle(): void {}
