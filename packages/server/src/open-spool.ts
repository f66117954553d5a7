import { randomUUID } from "node:crypto"
import { open, unlink } from "node:fs/promises"
import { join } from "node:path"
import type { Spool } from "@postrider/api/body/request-body"
import { RelayError } from "@postrider/core/error/relay-error"

const readBytes = 64 * 1024

/** A file without a name in `dir`: it is gone with the process that opened it, however that ends. @throws RelayError `overloaded`. */
export async function openSpool(dir: string): Promise<Spool> {
  const path = join(dir, `.spool-${randomUUID()}`)
  const file = await open(path, "wx+", 0o600).catch(full)
  await unlink(path)
  return {
    write: (chunk) => file.writeFile(chunk).catch(full),
    async *read({ start, end }) {
      for (let at = start; at < end; ) {
        const buffer = Buffer.allocUnsafeSlow(Math.min(readBytes, end - at))
        const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
        if (bytesRead === 0)
          throw new RelayError("internal", "The body was cut short.", { internal: "spool ends early" })
        at += bytesRead
        yield buffer.subarray(0, bytesRead)
      }
    },
    close: () => file.close(),
  }
}

function full(cause: unknown): never {
  throw new RelayError("overloaded", "There is no room for the body of this request.", { cause, retryAfterMs: 10_000 })
}
