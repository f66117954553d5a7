import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { type Sandbox, startSandbox } from "@postrider/sandbox/start-sandbox"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { hasCurl } from "../support/curl.ts"
import { type DocBlock, docBlocks, withoutNpm } from "../support/doc-blocks.ts"
import { differences } from "../support/doc-likeness.ts"
import { type CurlAnswer, type DocShell, openDocShell } from "../support/doc-shell.ts"
import { freePorts } from "../support/free-ports.ts"
import { type PrintingProcess, startPrinting } from "../support/printing-process.ts"
import { adminKey, type RelayProcess, startRelayProcess } from "../support/relay-process.ts"

let relay: RelayProcess
let sandbox: Sandbox
let shell: DocShell
let folder: string
let receiver: PrintingProcess | undefined
let hookPort: number
/** What the curls of the block before got, and the newest ids and secrets of all of them. */
let answers: CurlAnswer[] = []
const known: Record<string, string> = {}

beforeAll(async () => {
  const login = (name: string) => ({ password: "…", addresses: [`${name}@example.com`] })
  const users = { "support@example.com": login("support"), "ada@example.com": login("ada") }
  sandbox = await startSandbox({ domain: "example.com", users })
  relay = await startRelayProcess()
  shell = await openDocShell()
  folder = await mkdtemp(join(import.meta.dirname, "run-"))
  ;[hookPort = 0] = await freePorts(1)
})
afterAll(async () => {
  await receiver?.end("SIGKILL")
  await relay?.dispose()
  await sandbox?.stop()
  await shell?.dispose()
  await rm(folder, { recursive: true, force: true })
})

/** All that stands for something of the reader's own: servers, ports, keys, ids. */
function onThisMachine(text: string): string {
  const { smtp, imap, pop3 } = sandbox.ports
  const server = (port: number): string => `"host": "127.0.0.1", "port": ${port}, "security": "none"`
  const replaced: [string, string][] = [
    ['"host": "smtp.example.com", "port": 465, "security": "tls"', server(smtp)],
    ['"host": "imap.example.com", "port": 993, "security": "tls"', server(imap)],
    ['"host": "imap.example.com", "port": 995, "security": "tls"', server(pop3)],
    ['"host": "imap.example.com", "port": 995', `"host": "127.0.0.1", "port": ${pop3}`],
    ["smtp.example.com:465", `127.0.0.1:${smtp}`],
    ["https://app.example.com/hook", `http://127.0.0.1:${hookPort}/hook`],
    ["http://127.0.0.1:3025", relay.url],
    ["pr_live_…", adminKey],
    ["out_…", known.out ?? "out_…"],
    ["ep_…", known.ep ?? "ep_…"],
  ]
  return replaced.reduce((done, [shown, here]) => done.replaceAll(shown, here), text)
}

async function runShell(block: DocBlock, next: DocBlock | undefined): Promise<void> {
  answers = await shell.run(onThisMachine(withoutNpm(block.text)))
  expect(answers).toHaveLength(block.text.match(/^curl /gm)?.length ?? 0)
  for (const { body } of answers) {
    if (typeof body.id === "string") known[/^[a-z]+(?=_)/.exec(body.id)?.[0] ?? "account"] = body.id
    if (typeof body.secret === "string") known.secret = body.secret
  }
  const shown = next?.info === "json" ? (JSON.parse(next.text) as { status?: number }) : {}
  const wanted = shown.status ?? expect.toSatisfy((status: number) => status >= 200 && status < 300)
  for (const { status, body } of answers) expect({ status, body }).toEqual({ status: wanted, body })
}

/** The receiver of the page as a process, which then gets a real delivery. */
async function runReceiver(block: DocBlock): Promise<void> {
  const file = join(folder, "receiver.ts")
  const before =
    'import { serve } from "@hono/node-server"\nconst tickets = { open: async (...given: unknown[]) => console.log("ticket", JSON.stringify(given)) }\n'
  const after = `serve({ fetch: app.fetch, port: ${hookPort}, hostname: "127.0.0.1" }, () => console.log("ready"))\n`
  await writeFile(file, before + block.text + after)
  receiver = startPrinting(file, [], { WEBHOOK_SECRET: known.secret ?? "" })
  await receiver.printed(/ready/)
  const forged = await fetch(`http://127.0.0.1:${hookPort}/hook`, { method: "POST", body: "{}" })
  expect(forged.ok).toBe(false)
  const mail = "From: Ada <ada@example.com>\r\nTo: support@example.com\r\nSubject: Help\r\n\r\nIt does not work.\r\n"
  sandbox.deliver(mail, { to: "support@example.com" })
  await relay.call("/v1/accounts/support/poll", { method: "POST" })
  const [, ticket = ""] = await receiver.printed(/ticket (.*)\n/)
  expect(JSON.parse(ticket)).toEqual(["ada@example.com", expect.stringContaining("It does not work.")])
}

function compareAnswer(block: DocBlock): void {
  const last = answers.at(-1)
  expect(differences(JSON.parse(onThisMachine(block.text)), last?.body)).toEqual([])
}

const page = "README.md"
const blocks = docBlocks(page)

describe.skipIf(!hasCurl)("[needs curl] README: every block runs as it stands, but for hosts, ports and ids", () => {
  it.each(blocks.map((block, at) => ({ ...block, at })))("$info of line $line", async ({ at, ...block }) => {
    if (block.notRun !== null) return expect(block.notRun).toMatch(/\w{10}/)
    if (block.info === "sh") return runShell(block, blocks[at + 1])
    if (block.info === "ts") return runReceiver(block)
    if (block.info === "json") return compareAnswer(block)
    throw new Error(`nothing runs a block "${block.info}"`)
  })
})
