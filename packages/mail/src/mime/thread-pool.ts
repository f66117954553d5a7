/** Lends things out, each to one borrower at a time; who comes late waits in line. */
export interface Pool<T> {
  /** The borrower must call `giveBack` exactly once. */
  borrow(): Promise<{ item: T; giveBack(): void }>
  items: readonly T[]
}

export function createPool<T>(items: readonly T[]): Pool<T> {
  const free = [...items]
  const line: ((item: T) => void)[] = []
  const giveBack = (item: T) => {
    const next = line.shift()
    if (next === undefined) free.push(item)
    else next(item)
  }
  return {
    items,
    async borrow() {
      const item = free.pop() ?? (await new Promise<T>((resolve) => line.push(resolve)))
      return { item, giveBack: () => giveBack(item) }
    },
  }
}
