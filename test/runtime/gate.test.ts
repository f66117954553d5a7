import { createGate } from "@postrider/runtime/gate"
import { describe, expect, it } from "vitest"

describe("createGate", () => {
  it("lets as many in as there are places, and the next when one leaves, in order", async () => {
    const gate = createGate()
    const first = await gate.enter("host", { size: 1, waitMs: 0 })
    const order: number[] = []
    const later = [1, 2].map(async (n) => {
      const leave = await gate.enter("host", { size: 1, waitMs: 5000 })
      order.push(n)
      leave?.()
    })
    first?.()
    await Promise.all(later)
    expect(order).toEqual([1, 2])
  })

  it("gives up after the wait, and a place given up is not lost", async () => {
    const gate = createGate()
    const first = await gate.enter("host", { size: 1, waitMs: 0 })
    expect(await gate.enter("host", { size: 1, waitMs: 5 })).toBeUndefined()
    first?.()
    expect(await gate.enter("host", { size: 1, waitMs: 0 })).toBeDefined()
  })

  it("keeps hosts apart, and leaving twice frees one place only", async () => {
    const gate = createGate()
    const a = await gate.enter("a", { size: 1, waitMs: 0 })
    expect(await gate.enter("b", { size: 1, waitMs: 0 })).toBeDefined()
    a?.()
    a?.()
    expect(await gate.enter("a", { size: 1, waitMs: 0 })).toBeDefined()
    expect(await gate.enter("a", { size: 1, waitMs: 0 })).toBeUndefined()
  })
})
