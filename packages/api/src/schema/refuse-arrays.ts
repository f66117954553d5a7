import type * as v from "valibot"

/** Valibot takes an array for an object; here it is none. Changes the schema it is given, which must be fresh. */
export function refuseArrays<S extends v.GenericSchema>(schema: S): S {
  const run = schema["~run"]
  const strictRun: typeof run = (dataset, config) => {
    return run.call(schema, Array.isArray(dataset.value) ? { value: null } : dataset, config)
  }
  return Object.assign(schema, { "~run": strictRun })
}
