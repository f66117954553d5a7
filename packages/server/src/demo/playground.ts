import type { Delivery } from "./receiver.ts"
import type { Screen } from "./screen.ts"
import { shortId } from "./short-id.ts"
import type { Stack } from "./start-stack.ts"

/** Commands a reader can paste while the demo stays up. */
export function showPlayground(stack: Stack, screen: Screen): void {
  const { url } = stack.relay
  const { pop3, control } = stack.sandbox.ports
  const auth = `-H "Authorization: Bearer $POSTRIDER_KEY"`
  const json = `-H 'Content-Type: application/json'`
  const mail = JSON.stringify({ account: "ada", to: "bob@demo.test", subject: "Hello", text: "It works." })
  const wrong = { host: "127.0.0.1", port: pop3, security: "none", username: "ada", password: "demo" }
  const fault = { smtp: { at: "rcpt", reply: "451 4.7.1 Try again later", times: 1 } }
  screen.line()
  screen.line("Still running. In another terminal:")
  screen.line()
  screen.line(`   export POSTRIDER_URL=${url} POSTRIDER_KEY=${stack.key}`)
  screen.line()
  screen.line("   Send one more; its webhooks appear below:")
  screen.line(`   curl -s $POSTRIDER_URL/v1/messages ${auth} ${json} -d '${mail}'`)
  screen.line()
  screen.line("   Ask why a wrong port does not work (this is the POP3 port):")
  screen.line(
    `   curl -s $POSTRIDER_URL/v1/accounts/verify ${auth} ${json} -d '${JSON.stringify({ email: "ada@demo.test", imap: wrong })}'`,
  )
  screen.line()
  screen.line(
    '   Let the mail server say "try later" once, send again (it becomes `deferred`), then bring the retry forward:',
  )
  screen.line(`   curl -s -X PUT http://127.0.0.1:${control}/faults -d '${JSON.stringify(fault)}'`)
  screen.line(`   curl -s -X POST $POSTRIDER_URL/v1/messages/<its id>/retry ${auth}`)
  screen.line()
  screen.line(`   Look around:  ${url}/docs`)
  screen.line()
  screen.line(`   Ctrl-C stops everything and removes ${stack.dir}.`)
  screen.line()
}

/** One line for each webhook that verified. */
export function showDelivery({ id, type, data, at }: Delivery, screen: Screen): void {
  const time = new Date(at).toTimeString().slice(0, 8)
  const message = data.id === undefined ? "" : shownMessage(String(data.id))
  screen.line(
    `${time}  ${type.padEnd(18)} ${shortId(id)}  ${message.padEnd(13)}  ${describe(type, data).padEnd(33)}  verified`,
  )
}

/** Whole for outbound ones: the id belongs into the path of `retry`. */
function shownMessage(id: string): string {
  return id.startsWith("out_") ? id : shortId(id)
}

function describe(type: string, data: Record<string, unknown>): string {
  if (type === "message.received") {
    const from = data.from as { address: string } | null
    return `${data.source} ${data.account}, from ${from?.address ?? "nobody"}`
  }
  const affected = data.affected
  return Array.isArray(affected) ? `to ${affected.join(", ")}` : ""
}
