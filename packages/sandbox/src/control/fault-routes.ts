import type { Faults } from "../fault/fault.ts"
import { FaultSchemaError, parseFaults } from "../fault/parse-faults.ts"
import { toCamelCase } from "./case.ts"
import { HttpProblem } from "./http-problem.ts"
import type { Answer, ControlRequest } from "./routes.ts"

const maxFaultBytes = 1024 * 1024

export function showFaults({ services }: ControlRequest): Answer {
  return { status: 200, json: { faults: services.faults.list() } }
}

/** Replaces all faults; refuses the whole document for one unknown field, with every reason. */
export function putFaults(request: ControlRequest): Answer {
  const { body, services } = request
  if (body.length > maxFaultBytes) throw new HttpProblem(413, `body larger than ${maxFaultBytes} octets`)
  const input = toCamelCase(parseJson(body))
  try {
    parseFaults(input)
  } catch (cause) {
    if (!(cause instanceof FaultSchemaError)) throw cause
    const problems = cause.problems.map(({ path, detail }) => ({ path: snakePath(path), detail }))
    throw new HttpProblem(400, "these faults cannot be set", { cause, problems })
  }
  services.faults.set(input as Faults)
  return showFaults(request)
}

/** Reads a JSON body; 400 when it is none. */
export function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"))
  } catch (cause) {
    throw new HttpProblem(400, "the body is not JSON", { cause })
  }
}

function snakePath(path: string): string {
  return path.endsWith("(not snake_case)") ? path : path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
