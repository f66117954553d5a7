import { cp, mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startSandbox } from "@postrider/sandbox/start-sandbox"
import { describe, expect, it, onTestFinished } from "vitest"
import { type PrintingProcess, startPrinting } from "../support/printing-process.ts"

const main = join(import.meta.dirname, "../../packages/server/src/main.ts")
const adminKey = "start-test-key-with-more-than-32-characters"
const listens = /Postrider listens on (http:\S+)/

async function dataDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "start-test-"))
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return join(dir, "data")
}

function start(dir: string, env: Record<string, string> = {}): PrintingProcess {
  const started = startPrinting(main, [], { POSTRIDER_PORT: "0", POSTRIDER_DATA_DIR: dir, ...env })
  onTestFinished(async () => void (await started.end("SIGKILL")))
  return started
}

const ask = (url: string, key = adminKey, init: RequestInit = {}): Promise<Response> =>
  fetch(url, { ...init, headers: { authorization: `Bearer ${key}`, "content-type": "application/json" } })

const post = (url: string, body: unknown): Promise<Response> =>
  ask(url, adminKey, { method: "POST", body: JSON.stringify(body) })

describe("npm start", () => {
  it("the first start prints a key that works, once; the next start does not, and the key still works", async () => {
    const dir = await dataDir()
    const first = start(dir)
    const [, url, key] = await first.printed(/export POSTRIDER_URL=(\S+) POSTRIDER_KEY=(pr_live_\S+)\n/)
    expect((await ask(`${url}/v1/me`, key)).status).toBe(200)
    expect(await first.end("SIGTERM")).toBe(0)
    expect(first.output().split(key ?? "?")).toHaveLength(2)
    const second = start(dir)
    const [, again] = await second.printed(listens)
    expect((await ask(`${again}/v1/me`, key)).status).toBe(200)
    await second.end("SIGTERM")
    expect(second.output()).not.toContain("POSTRIDER_KEY")
  })

  it("reports all bad settings at once, each with its fix, and ends with exit 2", async () => {
    const bad = {
      POSTRIDER_ENGINE: "postgres",
      POSTRIDER_PORT: "70000",
      POSTRIDER_PUBLIC_URL: "mail.example.com",
      POSTRIDER_ADMIN_KEY: "short",
      POSTRIDER_MASTER_KEY: "c2hvcnQ=",
      POSTRIDER_ALLOW_NETWORKS: "10.0.0.0/99",
      POSTRIDER_ALLOW_PORTS: "smtp",
      POSTRIDER_WEBHOOK_PORTS: "0",
      POSTRIDER_MAX_MESSAGE_BYTES: "64MB",
      POSTRIDER_KEEP_MESSAGES_DAYS: "-1",
      POSTRIDER_KEEP_EVENTS_DAYS: "forever",
      POSTRIDER_LOG_LEVEL: "loud",
      POSTRIDER_TICK_SECONDS: "0",
    }
    const refused = start(await dataDir(), bad)
    expect(await refused.end()).toBe(2)
    const [title, ...lines] = refused.output().trimEnd().split("\n")
    expect(title).toBe("Postrider cannot start:")
    const form = /^ {2}(POSTRIDER_\w+): .+; .+\.$/
    expect(lines.filter((line) => !form.test(line))).toEqual([])
    expect(lines.map((line) => form.exec(line)?.[1]).sort()).toEqual(Object.keys(bad).sort())
  })

  it("names a POSTRIDER_ variable that is no setting, and starts", async () => {
    const started = start(await dataDir(), { POSTRIDER_PROT: "3025", POSTRIDER_URL: "http://localhost" })
    await started.printed(listens)
    expect(started.output()).toContain("POSTRIDER_PROT is no setting of Postrider; it is ignored.")
    expect(started.output()).not.toContain("POSTRIDER_URL is no setting")
  })

  it("the summary at start shows settings as given and no secret", async () => {
    const masterKey = Buffer.alloc(32, 7).toString("base64")
    const env = { POSTRIDER_ADMIN_KEY: adminKey, POSTRIDER_MASTER_KEY: masterKey, POSTRIDER_KEEP_EVENTS_DAYS: "7" }
    const started = start(await dataDir(), env)
    await started.printed(listens)
    await started.end("SIGTERM")
    const summary =
      started
        .output()
        .split("\n")
        .find((line) => line.includes('"msg":"settings"')) ?? "{}"
    expect(JSON.parse(summary)).toMatchObject({
      POSTRIDER_ADMIN_KEY: "(set)",
      POSTRIDER_MASTER_KEY: "(set)",
      POSTRIDER_KEEP_EVENTS_DAYS: "7",
    })
    expect(started.output()).not.toContain(adminKey)
    expect(started.output()).not.toContain(masterKey)
  })

  it("refuses a data directory that another process has, and leaves that one alone", async () => {
    const dir = await dataDir()
    const first = start(dir)
    const [, url] = await first.printed(listens)
    const second = start(dir)
    expect(await second.end()).toBe(1)
    expect(second.output()).toContain(`Postrider cannot start: The data directory ${dir} is in use by another process.`)
    expect(second.output()).toContain("Stop the other process, or give this one a data directory of its own.")
    expect((await fetch(`${url}/ready`)).status).toBe(200)
  })

  it("refuses a port that is taken and names the setting", async () => {
    const first = start(await dataDir())
    const port = new URL((await first.printed(listens))[1] ?? "").port
    const second = start(await dataDir(), { POSTRIDER_PORT: port })
    expect(await second.end()).toBe(1)
    expect(second.output()).toContain(`Port ${port} on 127.0.0.1 is taken. Set POSTRIDER_PORT to another one.`)
    expect(second.output()).not.toMatch(/\n\s+at /)
  })

  it("refuses a data directory that cannot be made", async () => {
    const refused = start(join(main, "data"))
    expect(await refused.end()).toBe(2)
    expect(refused.output()).toMatch(/POSTRIDER_DATA_DIR: it cannot be made or read \(.+\); name a directory/)
    expect(refused.output()).not.toMatch(/\n\s+at /)
  })

  it("refuses another master key than the store's in one clear line", async () => {
    const dir = await dataDir()
    const [right, wrong] = [1, 2].map((fill) => Buffer.alloc(32, fill).toString("base64"))
    const first = start(dir, { POSTRIDER_MASTER_KEY: `${right}` })
    await first.printed(listens)
    expect(await first.end("SIGTERM")).toBe(0)
    const second = start(dir, { POSTRIDER_MASTER_KEY: `${wrong}` })
    expect(await second.end()).toBe(1)
    expect(second.output()).toContain("Postrider cannot start: This store was sealed under another master key.")
    expect(second.output()).toContain("Set POSTRIDER_MASTER_KEY to the key it was made with")
    expect(second.output()).not.toMatch(/\n\s+at /)
  })

  it("rotates the master key: listed first it seals everything anew, and the old one may be left out", async () => {
    const sandbox = await startSandbox()
    onTestFinished(() => sandbox.stop())
    const dir = await dataDir()
    const [old, fresh] = [1, 2].map((fill) => Buffer.alloc(32, fill).toString("base64"))
    const env = { POSTRIDER_ADMIN_KEY: adminKey, POSTRIDER_ALLOW_NETWORKS: "127.0.0.0/8" }
    const verified = async (url: string | undefined): Promise<unknown> =>
      (await (await ask(`${url}/v1/accounts/ada/verify`, adminKey, { method: "POST" })).json()) as unknown
    const first = start(dir, { ...env, POSTRIDER_MASTER_KEY: `${old}` })
    const [, url] = await first.printed(listens)
    const smtp = { host: "127.0.0.1", port: sandbox.ports.smtp, security: "none", username: "ada", password: "demo" }
    await post(`${url}/v1/accounts`, { id: "ada", email: "ada@demo.test", smtp })
    const hook = { url: "http://127.0.0.1:9/hook", types: ["*"], headers: { "X-Token": "t" } }
    const endpoint = (await (await post(`${url}/v1/endpoints`, hook)).json()) as { id: string }
    expect(await verified(url)).toMatchObject({ ok: true })
    const { etag } = Object.fromEntries((await ask(`${url}/v1/accounts/ada`)).headers)
    await first.end("SIGTERM")
    const second = start(dir, { ...env, POSTRIDER_MASTER_KEY: `${fresh},${old}` })
    await second.printed(listens)
    expect(second.output()).toContain("master_key.rotated")
    await second.end("SIGTERM")
    const third = start(dir, { ...env, POSTRIDER_MASTER_KEY: `${fresh}` })
    const [, now] = await third.printed(listens)
    expect(third.output()).not.toContain("master_key.rotated")
    expect(await verified(now)).toMatchObject({ ok: true })
    expect((await ask(`${now}/v1/accounts/ada`)).headers.get("etag")).toBe(etag)
    const ping = await ask(`${now}/v1/endpoints/${endpoint.id}/test`, adminKey, { method: "POST" })
    expect(await ping.json()).toMatchObject({ outcome: "failed", error: expect.stringMatching(/refused|ECONNREFUSED/) })
  })

  it("a copy of the data directory, made while it is stopped, is a whole backup", async () => {
    const dir = await dataDir()
    const first = start(dir, { POSTRIDER_ADMIN_KEY: adminKey })
    const [, url] = await first.printed(listens)
    const mail = { account: "ada", to: "bob@demo.test", subject: "Kept", text: "x".repeat(100_000), test: true }
    await post(`${url}/v1/accounts`, { id: "ada", email: "ada@demo.test" })
    const { id } = (await (await post(`${url}/v1/messages`, mail)).json()) as { id: string }
    await ask(`${url}/v1/messages/${id}?wait=20`)
    await first.end("SIGTERM")
    const copy = await dataDir()
    await cp(dir, copy, { recursive: true })
    await rm(dir, { recursive: true })
    const second = start(copy, { POSTRIDER_ADMIN_KEY: adminKey })
    const [, again] = await second.printed(listens)
    expect(await (await ask(`${again}/v1/messages/${id}`)).json()).toMatchObject({ status: "sent", text: mail.text })
  })
})

describe("stopping", () => {
  it("a message accepted just before SIGTERM is delivered, or waits in the store for the next start", async () => {
    const sandbox = await startSandbox()
    onTestFinished(() => sandbox.stop())
    const dir = await dataDir()
    const env = { POSTRIDER_ADMIN_KEY: adminKey, POSTRIDER_ALLOW_NETWORKS: "127.0.0.0/8" }
    const first = start(dir, env)
    const [, url] = await first.printed(listens)
    const smtp = { host: "127.0.0.1", port: sandbox.ports.smtp, security: "none", username: "ada", password: "demo" }
    expect((await post(`${url}/v1/accounts`, { id: "ada", email: "ada@demo.test", smtp })).status).toBe(201)
    const accepted = await Promise.all(
      Array.from({ length: 20 }, async (_, n) => {
        const mail = { account: "ada", to: `bob${n}@demo.test`, subject: `Mail ${n}`, text: "Hello" }
        const answer = await post(`${url}/v1/messages`, mail)
        expect(answer.status).toBe(202)
        return ((await answer.json()) as { id: string }).id
      }),
    )
    expect(await first.end("SIGTERM")).toBe(0)
    const second = start(dir, env)
    const [, again] = await second.printed(listens)
    const states = await Promise.all(
      accepted.map(
        async (id) => (await (await ask(`${again}/v1/messages/${id}?wait=20`)).json()) as { status: string },
      ),
    )
    expect(states.filter(({ status }) => status !== "sent")).toEqual([])
    expect(sandbox.smtp.accepted.length).toBe(20)
  })

  it("is not held up by callers that wait: they are answered at once with what there is", async () => {
    const started = start(await dataDir(), { POSTRIDER_ADMIN_KEY: adminKey })
    const [, url] = await started.printed(listens)
    const test = { account: "ada", to: "bob@demo.test", subject: "Held", text: "Hello", hold: true }
    const smtp = { host: "smtp.demo.test", port: 465, security: "tls" }
    await post(`${url}/v1/accounts`, { id: "ada", email: "ada@demo.test", smtp })
    const held = (await (await post(`${url}/v1/messages`, test)).json()) as { id: string; status: string }
    expect(held.status).toBe("held")
    const waiting = Promise.all([
      ask(`${url}/v1/events?wait=20&types=message.sent`),
      ask(`${url}/v1/messages/${held.id}?wait=20`),
    ])
    // Answered after the others were read, for they came first on their own connections.
    await ask(`${url}/v1/me`)
    const startedAt = performance.now()
    const ended = started.end("SIGTERM")
    const answers = await waiting
    expect(answers.map((answer) => answer.status)).toEqual([200, 200])
    expect(await answers[0]?.json()).toMatchObject({ data: [], next_cursor: expect.any(String) })
    expect(await answers[1]?.json()).toMatchObject({ status: "held" })
    expect(await ended).toBe(0)
    expect(performance.now() - startedAt).toBeLessThan(2_500)
  })

  it("a second Ctrl-C ends it at once, however long the running work takes", async () => {
    const sandbox = await startSandbox()
    onTestFinished(() => sandbox.stop())
    sandbox.faults.set({ smtp: { at: "mail", hang: true } })
    const started = start(await dataDir(), { POSTRIDER_ADMIN_KEY: adminKey, POSTRIDER_ALLOW_NETWORKS: "127.0.0.0/8" })
    const [, url] = await started.printed(listens)
    const smtp = { host: "127.0.0.1", port: sandbox.ports.smtp, security: "none" }
    await post(`${url}/v1/accounts`, { id: "ada", email: "ada@demo.test", smtp })
    await post(`${url}/v1/messages`, { account: "ada", to: "bob@demo.test", subject: "Slow", text: "Hello" })
    while (sandbox.log.sessions.length === 0) await new Promise((resolve) => setTimeout(resolve, 20))
    started.child.kill("SIGINT")
    await started.printed(/"msg":"stopping"/)
    const startedAt = performance.now()
    expect(await started.end("SIGINT")).toBe(130)
    expect(performance.now() - startedAt).toBeLessThan(2_000)
  })
})
