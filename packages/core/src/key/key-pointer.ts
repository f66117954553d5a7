/** Body of `keyid#<id>`: which hash an id stands for. It alone decides which key is current; a key record it does not name is revoked, or in its overlap. */
export interface KeyPointer {
  sha256: string
}

export const keyPointerId = (id: string): string => `keyid#${id}`
