/** A port that the test must not touch: any call of it fails the test with its name. */
export function unusedPort<T extends object>(name: string): T {
  const handler: ProxyHandler<T> = {
    get(_target, property) {
      return () => Promise.reject(new Error(`the test does not expect ${name}.${String(property)} to be called`))
    },
  }
  return new Proxy(Object.create(null) as T, handler)
}
