import { createFairTurns } from "@postrider/engines/fair-turns"
import { expect, it } from "vitest"

it("a group ranks behind its own jobs alone, and a newcomer where serving stands", () => {
  const turns = createFairTurns()
  expect([turns.join("a"), turns.join("a"), turns.join("a"), turns.join("b")]).toEqual([1, 2, 3, 1])
  turns.served(3)
  expect([turns.join("c"), turns.join("b"), turns.join("a")]).toEqual([3, 3, 4])
})

it("a hundred thousand groups, each served once, are forgotten without losing turns", () => {
  const turns = createFairTurns()
  for (let n = 0; n < 100_000; n++) turns.served(turns.join(`group ${n}`))
  turns.join("busy")
  const behind = turns.join("busy")
  for (let n = 0; n < 20_000; n++) turns.join(`other ${n}`)
  expect(turns.join("busy")).toBe(behind + 1)
})
