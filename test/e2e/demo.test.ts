import { execFile } from "node:child_process"
import { existsSync } from "node:fs"
import { mkdtemp, readdir, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import { describe, expect, it, onTestFinished } from "vitest"
import { type PrintingProcess, startPrinting } from "../support/printing-process.ts"

const run = promisify(execFile)
const demo = join(import.meta.dirname, "../../packages/server/src/demo/main.ts")
const brokenDemo = join(import.meta.dirname, "../support/broken-demo-process.ts")

interface Demo extends PrintingProcess {
  /** Where it makes its directory. */
  tmp: string
}

async function startDemo({ script = demo, args = [] as string[], port = "0" } = {}): Promise<Demo> {
  const tmp = await mkdtemp(join(tmpdir(), "demo-test-"))
  const started = startPrinting(script, args, { TMPDIR: tmp, POSTRIDER_PORT: port })
  onTestFinished(async () => {
    await started.end("SIGKILL")
    await rm(tmp, { recursive: true, force: true })
  })
  return { ...started, tmp }
}

/** One line of the transcript with what varies as patterns. */
const id = "[A-Za-z0-9]{8,9}"
const time = "(?:\\d+ ms|\\d+\\.\\d\\d s)"
const at = "http://127\\.0\\.0\\.1:\\d+"
const dir = "\\S+/postrider-demo-\\w{6}"
const tour = [
  "",
  "Postrider demo\\. One mail goes out over SMTP and comes back over IMAP and POP3 as signed webhooks\\.",
  "Everything runs on this machine; nothing leaves it\\.",
  "",
  `   relay      ${at} +embedded store in ${dir} +\\d+\\.\\d\\d s`,
  "   sandbox    smtp :\\d+  imap :\\d+  pop3 :\\d+  control :\\d+    a mail server for play +\\d+\\.\\d\\d s",
  `   receiver   ${at}/hook      checks signatures with the package "standardwebhooks"`,
  "",
  "1  Say where to send, where to read, whom to tell",
  "   POST /v1/accounts    201  ada   ada@demo\\.test   smtp \\+ imap",
  "   POST /v1/accounts    201  bob   bob@demo\\.test   smtp \\+ pop3",
  `   POST /v1/endpoints   201  ep_${id}   every event, to the receiver`,
  "",
  "2  Send a mail with an attachment",
  `   POST /v1/messages    202  out_${id}   "Invoice 1042" from ada to ada and bob, invoice\\.pdf 48 kB +${time}`,
  "                             202: it is on disk and will be worked on, whatever happens to this process",
  "",
  "3  Relay it over SMTP",
  `   attempt 1            250  sandbox:\\d+ took it over for 2 of 2 recipients +${time}`,
  `   message\\.sent         204  evt_${id}    signature valid +${time} after the POST`,
  "",
  "4  Read it back",
  `   message\\.received     204  in_${id}     imap ada, signature valid +${time} after the POST`,
  `   message\\.received     204  in_${id}     pop3 bob, signature valid +${time} after the POST`,
  "   invoice\\.pdf               49,152 bytes, sha256 as sent, both times",
  "",
  "Done in \\d+\\.\\d s: 1 mail sent, 2 received, 3 webhooks verified, 0 lost\\.",
]

function expectLines(output: string, patterns: string[]): void {
  const lines = output.split("\n")
  for (const [index, pattern] of patterns.entries()) expect(lines[index]).toMatch(new RegExp(`^${pattern}$`))
}

describe("npm run demo", () => {
  it("-- --once prints the tour line by line as documented, without escape codes, leaves nothing and exits 0", async () => {
    const once = await startDemo({ args: ["--once"] })
    expect(await once.end()).toBe(0)
    expectLines(once.output(), [...tour, ""])
    expect(once.output().split("\n")).toHaveLength(tour.length + 1)
    expect(once.output()).not.toContain("\u001b")
    expect(await readdir(once.tmp)).toEqual([])
  })

  it("stays up: every printed line works when pasted, webhooks appear, Ctrl-C stops and removes all", async () => {
    const up = await startDemo()
    const [, base = ""] = await up.printed(/export POSTRIDER_URL=(\S+)/)
    const [, place = ""] = await up.printed(/Ctrl-C stops everything and removes (\S+)\.\n/)
    expectLines(up.output(), tour)
    const [exports = ""] = /export POSTRIDER_URL=.*/.exec(up.output()) ?? []
    const paste = async (command: string): Promise<Record<string, unknown>> => {
      const { stdout } = await run("bash", ["-euc", `${exports}\n${command}`])
      return stdout === "" ? {} : JSON.parse(stdout)
    }
    const [send = "", verify = "", fault = "", retry = "", ...more] = up.output().match(/curl -s .*/g) ?? []
    expect(more).toEqual([])

    const first = await paste(send)
    expect(first).toMatchObject({ status: "queued", account: "ada" })
    const clock = "\\d\\d:\\d\\d:\\d\\d"
    await up.printed(
      new RegExp(`^${clock}  message\\.sent       evt_${id}  ${first.id}  to bob@demo\\.test +verified$`, "m"),
    )
    await up.printed(
      new RegExp(`^${clock}  message\\.received   evt_${id}  in_${id} +pop3 bob, from ada@demo\\.test +verified$`, "m"),
    )

    const verified = await paste(verify)
    const [check] = verified.checks as unknown[]
    expect(verified.ok).toBe(false)
    expect(check).toMatchObject({ protocol: "imap", ok: false, fix: expect.stringMatching(/pop3/i) })

    await paste(fault)
    const second = await paste(send)
    await up.printed(new RegExp(`message\\.deferred +evt_${id}  ${second.id}  to bob@demo\\.test`))
    expect(await paste(retry.replace("<its id>", String(second.id)))).toMatchObject({ id: second.id })
    await up.printed(new RegExp(`message\\.sent +evt_${id}  ${second.id}  to bob@demo\\.test`))

    const docs = /Look around: +(\S+)/.exec(up.output())?.[1] ?? ""
    expect(docs).toBe(`${base}/docs`)
    expect((await fetch(docs)).status).toBe(200)

    expect(await up.end("SIGINT")).toBe(0)
    expect(up.output()).toMatch(/\nStopped\. Nothing was left unsent\.\n$/)
    expect(existsSync(place)).toBe(false)
    expect(await readdir(up.tmp)).toEqual([])
  })

  it("says at the end when a mail still waits for its next attempt", async () => {
    const up = await startDemo()
    const [, url = "", key = ""] = await up.printed(/export POSTRIDER_URL=(\S+) POSTRIDER_KEY=(\S+)/)
    const [, control = ""] = await up.printed(/control :(\d+)/)
    await fetch(`http://127.0.0.1:${control}/faults`, {
      method: "PUT",
      body: JSON.stringify({ smtp: { at: "rcpt", reply: "451 4.7.1 Try again later" } }),
    })
    await fetch(`${url}/v1/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ account: "ada", to: "bob@demo.test", subject: "Hello", text: "Hello" }),
    })
    await up.printed(/message\.deferred/)
    await up.end("SIGINT")
    expect(up.output()).toMatch(/\nStopped\. 1 mail was left unsent\.\n$/)
  })

  it("a taken port is named and a free one used", async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve))
    onTestFinished(() => void taken.close())
    const address = taken.address()
    const port = typeof address === "object" && address !== null ? String(address.port) : ""
    const once = await startDemo({ args: ["--once"], port })
    expect(await once.end()).toBe(0)
    const said = new RegExp(`Port ${port} is taken, so the relay listens on (\\d+)\\.`).exec(once.output())
    expect(once.output()).toContain(`relay      http://127.0.0.1:${said?.[1]} `)
  })

  it("a step that fails ends with exit 1: what was expected, what was seen, where to look", async () => {
    const broken = await startDemo({ script: brokenDemo })
    expect(await broken.end()).toBe(1)
    expect(broken.output()).toMatch(/\n4 {2}Read it back\n {3}message\.received {5}204 .*imap ada/)
    const why =
      'Account bob is `unreachable`: connect, ".*ECONNREFUSED 127\\.0\\.0\\.1:\\d+", \\d+ (?:try|tries), next in \\d+ s\\.'
    expect(broken.output()).toMatch(
      new RegExp(`\n   message\\.received     --   pop3 bob: nothing within 2\\.5 s\n   ${why}\n`),
    )
    const log = /\n {3}Full log: (\S+\/relay\.log) {8}exit 1\n$/.exec(broken.output())?.[1] ?? ""
    expect(existsSync(log)).toBe(true)
  })

  it("Ctrl-C in the middle of the tour stops and removes all, and is no success", async () => {
    const cut = await startDemo({ args: ["--once"] })
    await cut.printed(/POST \/v1\/messages/)
    expect(await cut.end("SIGINT")).toBe(130)
    expect(cut.output()).toMatch(/\nStopped\. .*unsent\.\n$/)
    expect(cut.output()).not.toContain("Done in")
    expect(await readdir(cut.tmp)).toEqual([])
  })
})
