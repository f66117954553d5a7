import { createHash, randomBytes } from "node:crypto"
import type { Clock } from "@postrider/core/ports/clock"
import type { Ids } from "@postrider/core/ports/ids"

const base32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

export interface IdsOptions {
  clock: Pick<Clock, "now">
  /** Random octets; the system's by default. Tests give seeded ones. */
  random?(size: number): Uint8Array
}

/** Ids from time and randomness, and ids derived from facts. */
export function createIds({ clock, random = randomBytes }: IdsOptions): Ids {
  return {
    random: (prefix) => `${prefix}_${crockford(BigInt(clock.now()), 10)}${crockford(toBigInt(random(10)), 16)}`,
    derive: (prefix, ...parts) => `${prefix}_${hash(parts.map(lengthPrefixed).join("")).slice(0, 32)}`,
    token: (length) => token(length, random),
    digest: (data) => hash(data),
    fraction: () => Number(toBigInt(random(6))) / 2 ** 48,
  }
}

const hash = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex")

/** So that ("ab", "c") and ("a", "bc") differ. */
const lengthPrefixed = (part: string): string => `${Buffer.byteLength(part)}:${part}`

/** The lowest `length` × 5 bits, most significant first, so that times sort as text. */
function crockford(value: bigint, length: number): string {
  let text = ""
  for (let rest = value; text.length < length; rest >>= 5n) text = (base32[Number(rest & 31n)] ?? "") + text
  return text
}

function toBigInt(bytes: Uint8Array): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}

/** Octets past the last whole multiple of 62 are thrown away, else the first letters would come more often. */
function token(length: number, random: (size: number) => Uint8Array): string {
  const fair = 256 - (256 % letters.length)
  let text = ""
  while (text.length < length) {
    for (const byte of random(length)) {
      if (byte < fair && text.length < length) text += letters[byte % letters.length]
    }
  }
  return text
}
