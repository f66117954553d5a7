import * as v from "valibot"
import { refuseArrays } from "./refuse-arrays.ts"

/** An object whose names are the caller's. */
export function dictionary<const Name extends v.GenericSchema<string, string>, const Value extends v.GenericSchema>(
  name: Name,
  value: Value,
): v.RecordSchema<Name, Value, undefined> {
  return refuseArrays(v.record(name, value))
}
