export type FaultMode = "before" | "after"

/** Makes the n-th call of any wrapped port throw, before it has an effect or after. */
export function createFaults() {
  let armed: { n: number; mode: FaultMode } | undefined
  let calls = 0
  let struck = false

  return {
    arm(n: number, mode: FaultMode) {
      armed = { n, mode }
      calls = 0
      struck = false
    },
    disarm() {
      armed = undefined
    },
    get struck() {
      return struck
    },
    wrap<T extends object>(port: T): T {
      return new Proxy(port, {
        get(target, name, receiver) {
          const value: unknown = Reflect.get(target, name, receiver)
          if (typeof value !== "function") return value
          return async (...args: unknown[]) => {
            const now = armed !== undefined && ++calls === armed.n
            if (now && armed?.mode === "before") strike()
            const answer: unknown = await Reflect.apply(value, target, args)
            if (now) strike()
            return answer
          }
        },
      })
    },
  }

  function strike(): never {
    struck = true
    throw new Error("struck")
  }
}
