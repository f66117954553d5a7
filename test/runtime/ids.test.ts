import { createIds } from "@postrider/runtime/ids"
import { describe, expect, it } from "vitest"
import { createSeededIds } from "../support/seeded-ids.ts"

describe("ids", () => {
  it("random ids have the prefix, 26 characters of Crockford base32, and never repeat", () => {
    const ids = createIds({ clock: { now: () => 1_700_000_000_000 } })
    const made = new Set(Array.from({ length: 5000 }, () => ids.random("out")))
    expect(made.size).toBe(5000)
    for (const id of made) expect(id).toMatch(/^out_[0-9A-HJKMNP-TV-Z]{26}$/)
  })

  it("random ids sort by the time they were made, as text", () => {
    const times = [0, 1, 31, 32, 1024, 1_700_000_000_000, 1_700_000_000_001, 2 ** 47]
    const made = times.map((time) => createIds({ clock: { now: () => time } }).random("evt"))
    expect([...made].sort()).toEqual(made)
  })

  it("derived ids depend on every part and on where one part ends", () => {
    const ids = createIds({ clock: { now: () => 0 } })
    const parts = [["ab", "c"], ["a", "bc"], ["abc"], ["ab", "c", ""], ["", "ab", "c"], ["1:a", "b"], ["1", "a", "b"]]
    const made = parts.map((list) => ids.derive("in", ...list))
    expect(new Set(made).size).toBe(parts.length)
    for (const id of made) expect(id).toMatch(/^in_[0-9a-f]{32}$/)
    expect(ids.derive("in", "ab", "c")).toBe(made[0])
  })

  it("tokens have the asked length and draw every letter about as often", () => {
    const ids = createSeededIds({ now: () => 0 })
    const text = ids.token(62_000)
    expect(text).toMatch(/^[A-Za-z0-9]{62000}$/)
    const counts = Map.groupBy(text, (letter) => letter)
    expect(counts.size).toBe(62)
    for (const letters of counts.values()) {
      expect(letters.length).toBeGreaterThan(840)
      expect(letters.length).toBeLessThan(1160)
    }
  })

  it("fractions lie in [0, 1)", () => {
    const ends = [0x00, 0xff].map((byte) => {
      return createIds({ clock: { now: () => 0 }, random: (size) => new Uint8Array(size).fill(byte) }).fraction()
    })
    expect(ends[0]).toBe(0)
    expect(ends[1]).toBeGreaterThan(0.99)
    expect(ends[1]).toBeLessThan(1)
  })

  it("digests are SHA-256 in lower-case hex, of text as UTF-8", () => {
    const ids = createIds({ clock: { now: () => 0 } })
    expect(ids.digest("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    expect(ids.digest(new TextEncoder().encode("ä"))).toBe(ids.digest("ä"))
  })
})
