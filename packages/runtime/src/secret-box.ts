import { createCipheriv, createDecipheriv, createHash, randomBytes } from "node:crypto"
import { RelayError } from "@postrider/core/error/relay-error"
import type { SecretBox } from "@postrider/core/ports/secret-box"

const version = "s1"
const nonceBytes = 12
const tagBytes = 16

/**
 * Seals with AES-256-GCM (NIST SP 800-38D) under a random 96-bit nonce; the context is additional data. A sealed value is
 * `s1.<key id>.<base64url of nonce, ciphertext, tag>`; the key id is 8 hex characters of the key's SHA-256.
 * @param keys 32 octets each. The first seals, all open: put a new one in front to rotate.
 * @throws Error when a key has another length or there is none.
 */
export function createSecretBox(keys: readonly Uint8Array[]): SecretBox {
  const [first] = keys
  if (first === undefined || keys.some((key) => key.length !== 32)) throw new Error("a master key has 32 octets")
  const byId = new Map(keys.map((key) => [keyId(key), key]))
  const prefix = `${version}.${keyId(first)}.`
  return {
    seal: (plain, context) => `${prefix}${encrypt(first, plain, context)}`,
    isCurrent: (sealed) => sealed.startsWith(prefix),
    open(sealed, context) {
      const [format, id, data, ...rest] = sealed.split(".")
      const key = byId.get(id ?? "")
      if (format !== version || data === undefined || rest.length > 0) throw cannotOpen("unknown format")
      if (key === undefined) throw cannotOpen(`no master key ${id}`)
      return decrypt(key, data, context)
    },
  }
}

const keyId = (key: Uint8Array): string =>
  createHash("sha256").update("postrider-key-id").update(key).digest("hex").slice(0, 8)

function encrypt(key: Uint8Array, plain: string, context: string): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes }).setAAD(Buffer.from(context))
  const body = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()])
  return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString("base64url")
}

function decrypt(key: Uint8Array, data: string, context: string): string {
  const bytes = Buffer.from(data, "base64url")
  if (bytes.length < nonceBytes + tagBytes) throw cannotOpen("too short")
  const nonce = bytes.subarray(0, nonceBytes)
  const body = bytes.subarray(nonceBytes, bytes.length - tagBytes)
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: tagBytes })
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(bytes.length - tagBytes))
  try {
    return Buffer.concat([decipher.update(body), decipher.final()]).toString("utf8")
  } catch (cause) {
    throw cannotOpen("changed, or sealed for another place", cause)
  }
}

function cannotOpen(why: string, cause?: unknown): RelayError {
  return new RelayError("internal", "A stored credential could not be opened.", {
    fix: "The operator must set POSTRIDER_MASTER_KEY to the key that sealed it; several keys may be listed.",
    internal: `sealed value: ${why}`,
    ...(cause === undefined ? {} : { cause }),
  })
}
