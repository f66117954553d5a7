import { invalidRequest } from "./validate.ts"

/** An `id` in the body of a PUT must be the one in its path. */
export function checkSameId(inPath: string, inBody: string | undefined): void {
  if (inBody === undefined || inBody === inPath) return
  throw invalidRequest([
    { pointer: "/id", code: "conflicting_fields", detail: "id must be the one in the path, or absent." },
  ])
}
