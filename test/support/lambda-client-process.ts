import { join } from "node:path"
import { pathToFileURL } from "node:url"

/**
 * The least of a Lambda runtime client: asks for an event, calls the handler, answers. It runs bundles where AWS's own client, which has
 * to be compiled, is not there.
 */
type Handler = (event: unknown, context: { getRemainingTimeInMillis(): number }) => Promise<unknown>

const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`
const module = pathToFileURL(join(process.env.LAMBDA_TASK_ROOT ?? "", "bundle.mjs")).href
const { handler } = (await import(module)) as { handler: Handler }

for (;;) {
  const next = await fetch(`${api}/invocation/next`)
  const id = next.headers.get("Lambda-Runtime-Aws-Request-Id")
  const deadline = Number(next.headers.get("Lambda-Runtime-Deadline-Ms"))
  const event: unknown = await next.json()
  try {
    const result = await handler(event, { getRemainingTimeInMillis: () => deadline - Date.now() })
    await post(`invocation/${id}/response`, result ?? null)
  } catch (error) {
    await post(`invocation/${id}/error`, { errorMessage: error instanceof Error ? error.stack : String(error) })
  }
}

async function post(path: string, body: unknown): Promise<void> {
  await fetch(`${api}/${path}`, { method: "POST", body: JSON.stringify(body) })
}
