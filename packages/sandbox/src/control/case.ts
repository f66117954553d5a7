/** Keys of JSON are snake_case on the wire, as everywhere in Postrider's APIs; in code they are camelCase. */
export function toSnakeCase(value: unknown): unknown {
  return mapKeys(value, (key) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
}

/** A key that is not snake_case stays recognisably wrong, so that the closed list of fields refuses it. */
export function toCamelCase(value: unknown): unknown {
  return mapKeys(value, (key) =>
    /[A-Z]/.test(key)
      ? `${key} (not snake_case)`
      : key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  )
}

function mapKeys(value: unknown, rename: (key: string) => string): unknown {
  if (Array.isArray(value)) return value.map((one) => mapKeys(one, rename))
  if (typeof value !== "object" || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [rename(key), mapKeys(one, rename)]))
}
