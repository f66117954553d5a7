import { RelayError } from "../error/relay-error.ts"

const madeByUs = /^(?:acc|out|in|thr|ep|evt|key|tpl|upl|op)_/

/** @throws RelayError `invalid_request` unless the text may be an id of the caller's: `[A-Za-z0-9_-]{1,64}`, without a prefix of ours, not `verify`. */
export function checkChosenId(id: string): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw badId("must be 1 to 64 of A-Z, a-z, 0-9, _ and -")
  if (madeByUs.test(id)) throw badId("must not begin with a prefix that Postrider gives its own ids")
  if (id === "verify") throw badId("must not be verify")
}

function badId(reason: string): RelayError {
  const detail = `id ${reason}.`
  return new RelayError("invalid_request", detail, { errors: [{ pointer: "/id", code: "invalid_format", detail }] })
}
