import type { ByteStream, ContentStore } from "@postrider/core/ports/content-store"

/** Content stores with one defect each, over one that has none. The contract must notice every one of them. */
export const brokenContentStores = {
  "put resolves before the body is complete": (good) => ({
    ...good,
    async put(key, body) {
      if (body instanceof Uint8Array) return good.put(key, body)
      const later = good.put(key, body)
      later.catch(() => undefined)
      return { size: 0 }
    },
  }),
  "a body that throws is stored as far as it came": (good) => ({
    ...good,
    async put(key, body) {
      const chunks: Uint8Array[] = []
      let failed: unknown
      try {
        for await (const chunk of streamOf(body)) chunks.push(chunk)
      } catch (error) {
        failed = error
      }
      const put = await good.put(key, Buffer.concat(chunks))
      if (failed !== undefined) throw failed
      return put
    },
  }),
  "the error of the body is replaced": (good) => ({
    ...good,
    put: (key, body) =>
      good.put(key, body).catch((cause: unknown) => {
        throw new Error("put failed", { cause })
      }),
  }),
  "a put over a key deletes it first": (good) => ({
    ...good,
    async put(key, body) {
      await good.delete([key])
      return good.put(key, body)
    },
  }),
  "a range is one octet too long": (good) => ({
    ...good,
    get: (key, range) => good.get(key, range && { ...range, length: range.length + 1 }),
  }),
  "a range starts one octet late": (good) => ({
    ...good,
    get: (key, range) => good.get(key, range && { ...range, start: range.start + 1 }),
  }),
  "size is that of the range": (good) => ({
    ...good,
    async get(key, range) {
      const stored = await good.get(key, range)
      return stored && range ? { ...stored, size: Math.min(range.length, stored.size) } : stored
    },
  }),
  "delete stops after a thousand keys": (good) => ({
    ...good,
    delete: (keys) => good.delete(keys.slice(0, 1000)),
  }),
  "keys that differ only in case are the same": (good) => ({
    ...good,
    put: (key, body) => good.put(key.toLowerCase(), body),
    get: (key, range) => good.get(key.toLowerCase(), range),
  }),
  "keys are cleaned instead of refused": (good) => ({
    put: (key, body) => good.put(clean(key), body),
    get: (key, range) => good.get(clean(key), range),
    delete: (keys) => good.delete(keys.map(clean)),
  }),
  "the whole body is held in memory": (good) => ({
    ...good,
    async put(key, body) {
      const chunks: Uint8Array[] = []
      for await (const chunk of streamOf(body)) chunks.push(chunk)
      return good.put(key, Buffer.concat(chunks))
    },
  }),
} satisfies Record<string, (good: ContentStore) => ContentStore>

async function* streamOf(body: Uint8Array | ByteStream) {
  if (body instanceof Uint8Array) yield body
  else yield* body
}

function clean(key: string): string {
  const segments = key.split("/").filter((segment) => segment !== "" && segment !== "." && segment !== "..")
  return (
    segments
      .join("/")
      .replace(/[^A-Za-z0-9._@%+=/-]/g, "_")
      .slice(0, 512) || "_"
  )
}
