import { createHmac } from "node:crypto"

export interface ContentToSign {
  /** `webhook-id`; holds no full stop, or two contents could be signed alike. */
  id: string
  /** Unix seconds of this attempt. */
  timestamp: number
  body: Uint8Array
}

const prefix = "whsec_"

/**
 * `webhook-signature` of Standard Webhooks 1.0: HMAC-SHA256 over `{id}.{timestamp}.{body}`, one `v1,` signature for each secret in
 * order, separated by spaces, so that a reader with either secret of a rotation finds its own.
 * @throws TypeError when the id holds other characters than `[A-Za-z0-9_-]`, or a secret is no `whsec_` with a key.
 */
export function signContent(content: ContentToSign, secrets: readonly string[]): string {
  if (!/^[A-Za-z0-9_-]+$/.test(content.id)) throw new TypeError("The id cannot be signed.")
  if (secrets.length === 0) throw new TypeError("There is no secret to sign with.")
  return secrets.map((secret) => `v1,${signature(content, keyOf(secret))}`).join(" ")
}

function signature({ id, timestamp, body }: ContentToSign, key: Buffer): string {
  return createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64")
}

function keyOf(secret: string): Buffer {
  const key = secret.startsWith(prefix) ? Buffer.from(secret.slice(prefix.length), "base64") : undefined
  if (key === undefined || key.length === 0) throw new TypeError("The secret is no whsec_ secret.")
  return key
}
