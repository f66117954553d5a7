import { RelayError } from "@postrider/core/error/relay-error"

const segment = /^[A-Za-z0-9._@%+=-]+$/
const maxLength = 512

/**
 * Refuses keys outside of what ContentStore allows. `.` and `..` are refused too, so that no engine can be led out of its folder.
 * @throws RelayError `internal`: keys are made by us, never taken from a caller.
 */
export function checkContentKey(key: string): void {
  if (key.length > maxLength) throw badKey(`content key of ${key.length} characters, ${maxLength} is the most`)
  for (const part of key.split("/")) {
    if (!segment.test(part) || part === "." || part === "..") throw badKey(`content key ${JSON.stringify(key)}`)
  }
}

function badKey(internal: string): RelayError {
  return new RelayError("internal", "The content key is not valid.", { internal })
}
