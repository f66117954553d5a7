import { RelayError } from "@postrider/core/error/relay-error"
import { createSecretBox } from "@postrider/runtime/secret-box"
import { describe, expect, it } from "vitest"

const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill)
const context = "account:ada:/imap/password"

function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof RelayError) return error.code
    throw error
  }
  return "nothing was thrown"
}

describe("secret box", () => {
  it("opens what it sealed, any text, empty included", () => {
    const box = createSecretBox([key(1)])
    for (const plain of ["", "hunter2", "pässwörd 🔑", "x".repeat(20_000)]) {
      expect(box.open(box.seal(plain, context), context)).toBe(plain)
    }
  })

  it("never seals twice to the same text, and never shows the plain one", () => {
    const box = createSecretBox([key(1)])
    const sealed = new Set(Array.from({ length: 50 }, () => box.seal("hunter2", context)))
    expect(sealed.size).toBe(50)
    expect([...sealed].some((text) => text.includes("hunter2"))).toBe(false)
  })

  it("does not open a sealed value that was moved to another place", () => {
    const box = createSecretBox([key(1)])
    const sealed = box.seal("hunter2", context)
    expect(codeOf(() => box.open(sealed, "account:eve:/imap/password"))).toBe("internal")
  })

  it("does not open a value of which one character was changed", () => {
    const box = createSecretBox([key(1)])
    const sealed = box.seal("hunter2", context)
    for (const at of [0, 4, 12, 20, sealed.length - 2]) {
      const changed = sealed.slice(0, at) + (sealed[at] === "A" ? "B" : "A") + sealed.slice(at + 1)
      expect(codeOf(() => box.open(changed, context))).toBe("internal")
    }
  })

  it("the first key seals, all open: a new one in front rotates, a removed one closes", () => {
    const sealed = createSecretBox([key(1)]).seal("hunter2", context)
    const rotated = createSecretBox([key(2), key(1)])
    expect(rotated.open(sealed, context)).toBe("hunter2")
    const fresh = rotated.seal("hunter2", context)
    expect(createSecretBox([key(2)]).open(fresh, context)).toBe("hunter2")
    expect(codeOf(() => createSecretBox([key(2)]).open(sealed, context))).toBe("internal")
  })

  it("its public message never holds the secret or the key id", () => {
    const sealed = createSecretBox([key(1)]).seal("hunter2", context)
    try {
      createSecretBox([key(2)]).open(sealed, context)
      expect.unreachable()
    } catch (error) {
      expect(String(error)).not.toMatch(/hunter2|[0-9a-f]{8}/)
    }
  })

  it("refuses keys of another length, and none at all", () => {
    expect(() => createSecretBox([])).toThrow(/32 octets/)
    expect(() => createSecretBox([new Uint8Array(16)])).toThrow(/32 octets/)
    expect(() => createSecretBox([key(1), new Uint8Array(31)])).toThrow(/32 octets/)
  })
})
