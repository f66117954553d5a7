import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { afterAll, beforeAll, expect, it, vi } from "vitest"
import { type MaildropServer, startMaildropServer } from "../../support/maildrop-server.ts"

const root = join(import.meta.dirname, "../../..")
let server: MaildropServer
let folder: string

beforeAll(async () => {
  const mails = ["one", "two"].map((name) => ({
    uidl: `uid-${name}`,
    content: Buffer.from(`Subject: ${name}\r\n\r\n.\r\n`),
  }))
  server = await startMaildropServer({ mails })
  folder = await mkdtemp(join(import.meta.dirname, "readme-"))
})
afterAll(async () => {
  await rm(folder, { recursive: true })
  await server.close()
})

it("the example of the README runs as printed, but for host, port and TLS, and prints and deletes what it says", async () => {
  const readme = await readFile(join(root, "packages/pop3/README.md"), "utf8")
  const example = /```ts\n(.*?)```/s.exec(readme)?.[1] ?? ""
  const place = 'host: "pop.example.com", port: 995, tls: "implicit"'
  expect(example).toContain(place)
  await writeFile(
    join(folder, "example.ts"),
    example.replace(place, `host: "127.0.0.1", port: ${server.port}, tls: "none"`),
  )
  const printed = vi.spyOn(console, "log").mockImplementation(() => undefined)
  await import(join(folder, "example.ts"))
  expect(printed.mock.calls.flat()).toEqual(["uid-one: 19 octets", "uid-two: 19 octets"])
  printed.mockRestore()
  expect(server.mails).toEqual([])
})
