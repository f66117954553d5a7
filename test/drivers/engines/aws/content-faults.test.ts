import { ListMultipartUploadsCommand, S3Client } from "@aws-sdk/client-s3"
import type { ContentRange, ContentStore } from "@postrider/core/ports/content-store"
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest"
import { type AwsStandIns, startAwsStandIns } from "../../../support/aws-stand-ins.ts"
import { type AwsWorld, openAwsWorld } from "../../../support/aws-world.ts"

let standIns: AwsStandIns
let world: AwsWorld
let content: ContentStore
beforeAll(async () => {
  standIns = await startAwsStandIns()
})
afterAll(() => standIns.stop())
beforeEach(async () => {
  world = await openAwsWorld(standIns)
  content = world.engine.content
})
afterEach(() => world.close())

const mib = 1024 * 1024
const refuse = (operation: string) => world.proxy.fault({ service: "s3", operation, kind: "throttle" })

describe("when S3 is busy or its answer is lost", () => {
  it("small content is stored by one request, and by a second one after a 503 or no answer", async () => {
    for (const kind of ["throttle", "broken", "lost_answer"] as const) {
      world.proxy.use()
      world.proxy.fault({ service: "s3", operation: "PutObject", kind })
      expect(await content.put(`a/${kind}`, Buffer.from("hello"))).toEqual({ size: 5 })
      expect(world.proxy.use().requests).toEqual({ "s3 PutObject": 2 })
      expect(await text(`a/${kind}`)).toBe("hello")
    }
  })

  it("large content goes up in parts of 5 MiB, each tried again, and is complete when that answer was lost", async () => {
    for (const operation of ["CreateMultipartUpload", "UploadPart"]) refuse(operation)
    world.proxy.fault({ service: "s3", operation: "CompleteMultipartUpload", kind: "lost_answer" })
    expect(await content.put("a/large", pieces(11))).toEqual({ size: 11 * mib })
    expect(world.proxy.use().requests).toMatchObject({ "s3 UploadPart": 4, "s3 CompleteMultipartUpload": 2 })
    expect((await content.get("a/large"))?.size).toBe(11 * mib)
  })

  it("a body of exactly 5 MiB is one request", async () => {
    expect(await content.put("a/five", pieces(5))).toEqual({ size: 5 * mib })
    expect(world.proxy.use().requests).toEqual({ "s3 PutObject": 1 })
  })

  it("for long, the fault is `overloaded`, and no part is left behind", async () => {
    world.proxy.fault({ service: "s3", operation: "UploadPart", kind: "broken", times: 100 })
    await expect(content.put("a/large", pieces(11))).rejects.toMatchObject({ code: "overloaded" })
    expect(await uploadsLeft()).toBe(0)
    expect(await content.get("a/large")).toBeUndefined()
  })

  it("an answer that is cut off is read on where it broke, by a request for the rest", async () => {
    const bytes = Buffer.from(Array.from({ length: mib }, (_, at) => (at * 31 + (at >> 8)) & 0xff))
    await content.put("a/cut", bytes)
    world.proxy.use()
    world.proxy.fault({ service: "s3", operation: "GetObject", kind: "cut_answer", times: 2 })
    expect(await read("a/cut")).toEqual(bytes)
    expect(world.proxy.use().requests).toEqual({ "s3 GetObject": 3 })
    world.proxy.fault({ service: "s3", operation: "GetObject", kind: "cut_answer" })
    expect(await read("a/cut", { start: 1000, length: 500_000 })).toEqual(bytes.subarray(1000, 501_000))
  })

  it("content that never comes whole is a fault, never short", async () => {
    await content.put("a/cut", Buffer.alloc(mib, "x"))
    world.proxy.fault({ service: "s3", operation: "GetObject", kind: "cut_answer" })
    world.proxy.fault({ service: "s3", operation: "GetObject", kind: "broken", times: 100 })
    await expect(read("a/cut")).rejects.toMatchObject({ code: "overloaded" })
  })

  it("content that is deleted while it is read is a fault, never short", async () => {
    await content.put("a/cut", Buffer.alloc(mib, "x"))
    world.proxy.fault({ service: "s3", operation: "GetObject", kind: "cut_answer" })
    const stored = await content.get("a/cut")
    await content.delete(["a/cut"])
    await expect(collect(stored?.body ?? [])).rejects.toMatchObject({ code: "not_found" })
  })
})

it("a large body that throws leaves no part behind", async () => {
  async function* broken() {
    yield* pieces(6)
    throw new Error("broken")
  }
  await expect(content.put("a/broken", broken())).rejects.toThrow("broken")
  expect(world.proxy.use().requests["s3 AbortMultipartUpload"]).toBe(1)
  expect(await uploadsLeft()).toBe(0)
})

it("a read is one request, a thousand deletes are one", async () => {
  await content.put("a/1", Buffer.from("one"))
  world.proxy.use()
  expect(await text("a/1")).toBe("one")
  expect(await content.get("a/missing")).toBeUndefined()
  await content.delete(Array.from({ length: 1000 }, (_, n) => `a/${n}`))
  expect(world.proxy.use().requests).toEqual({ "s3 GetObject": 2, "s3 DeleteObjects": 1 })
})

it("a signed URL writes one object, another reads it, and both say until when", async () => {
  const write = await content.writeUrl?.("uploads/1", { ttlMs: 60_000, maxBytes: 100, contentType: "text/plain" })
  expect(write?.headers).toEqual({ "content-type": "text/plain" })
  expect(write?.url).not.toContain("checksum")
  const put = await fetch(write?.url ?? "", { method: "PUT", headers: write?.headers ?? {}, body: "hello" })
  expect(put.status).toBe(200)
  const read = await content.readUrl?.("uploads/1", 60_000)
  expect(await (await fetch(read?.url ?? "")).text()).toBe("hello")
  expect(read?.expiresAt).toBeGreaterThan(Date.now() + 50_000)
})

async function* pieces(count: number) {
  for (let n = 0; n < count; n++) yield Buffer.alloc(mib, n)
}

async function text(key: string): Promise<string> {
  return (await read(key)).toString()
}

async function read(key: string, range?: ContentRange): Promise<Buffer> {
  return collect((await content.get(key, range))?.body ?? [])
}

async function collect(body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function uploadsLeft(): Promise<number> {
  const s3 = new S3Client({
    region: "us-east-1",
    endpoint: world.proxy.endpoints.s3,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    forcePathStyle: true,
  })
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket: world.bucket }))
  s3.destroy()
  return Uploads.length
}
