import { existsSync, readdirSync } from "node:fs"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { startSandbox } from "@postrider/sandbox/start-sandbox"
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest"
import { type DocBlock, docBlocks, root } from "../support/doc-blocks.ts"
import { startMaildropServer } from "../support/maildrop-server.ts"

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(import.meta.dirname, "run-"))
})
afterAll(() => rm(folder, { recursive: true }))

/** Runs a block as a module; answers what it logged. */
async function runModule(name: string, text: string): Promise<unknown[]> {
  const printed = vi.spyOn(console, "log").mockImplementation(() => undefined)
  onTestFinished(() => printed.mockRestore())
  const file = join(folder, `${name}.ts`)
  await writeFile(file, text)
  await import(file)
  return printed.mock.calls.flat()
}

async function runPop3({ text }: DocBlock): Promise<void> {
  const mails = ["one", "two"].map((name) => ({
    uidl: `uid-${name}`,
    content: Buffer.from(`Subject: ${name}\r\n\r\n.\r\n`),
  }))
  const server = await startMaildropServer({ mails })
  onTestFinished(() => server.close())
  const place = 'host: "pop.example.com", port: 995, tls: "implicit"'
  expect(text).toContain(place)
  const here = text.replace(place, `host: "127.0.0.1", port: ${server.port}, tls: "none"`)
  expect(await runModule("pop3", here)).toEqual(["uid-one: 19 octets", "uid-two: 19 octets"])
  expect(server.mails).toEqual([])
}

async function runSandbox({ text }: DocBlock): Promise<void> {
  const stop = "await sandbox.stop()"
  expect(text).toContain(stop)
  const look = "console.log(sandbox.mailbox('ada').messages.length, sandbox.faults.list().length)\n"
  expect(await runModule("sandbox", text.replace(stop, `${look}${stop}`))).toEqual([1, 1])
}

async function setFault({ text }: DocBlock): Promise<void> {
  const sandbox = await startSandbox()
  onTestFinished(() => sandbox.stop())
  const control = `http://127.0.0.1:${sandbox.ports.control}/faults`
  expect((await fetch(control, { method: "PUT", body: text })).status).toBe(200)
}

const runners: Record<string, (block: DocBlock) => Promise<void>> = {
  "pop3 ts": runPop3,
  "sandbox ts": runSandbox,
  "sandbox json fault": setFault,
}

const blocks = readdirSync(join(root, "packages")).flatMap((name) => {
  const page = `packages/${name}/README.md`
  return existsSync(join(root, page)) ? docBlocks(page).map((block) => ({ ...block, name })) : []
})

describe("the READMEs of the packages", () => {
  it.each(blocks)("$name: $info of line $line runs as it stands, but for host, port and TLS", async (block) => {
    if (block.notRun !== null) return expect(block.notRun).toMatch(/\w{10}/)
    const runner = runners[`${block.name} ${block.info}`]
    if (runner === undefined) throw new Error("nothing runs this block")
    await runner(block)
  })
})
