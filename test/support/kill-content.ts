import { createHash } from "node:crypto"

/** Bytes that follow from the key: 0 to 256 KB, every block different. */
export function killContent(key: string): Buffer {
  const seed = createHash("sha256").update(key).digest()
  const bytes = Buffer.alloc(seed.readUInt16BE(0) * 4, seed)
  for (let at = 0; at + 4 <= bytes.length; at += 4096) bytes.writeUInt32BE(at, at)
  return bytes
}
