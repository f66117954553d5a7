import { isFoldable, isFoldableName } from "@postrider/api/schema/is-foldable"
import type { MailToCompose } from "@postrider/core/ports/mime"
import { createMimeComposer } from "@postrider/mail/mime/compose"
import { describe, expect, it } from "vitest"
import { seededRandom } from "../../support/seeded-random.ts"
import { createTestApp } from "../../support/test-app.ts"
import { ada } from "../accounts/ada.ts"

const mail = { account: "ada", to: "bob@demo.test", subject: "Hello", text: "It works.", test: true }
const long = "a".repeat(998)

describe("G7: a header that cannot be folded below 998 octets is 422, and nothing is stored", () => {
  const cases: [what: string, change: Record<string, unknown>, pointer: string][] = [
    ["a header", { headers: { "X-Thing": "a".repeat(3000) } }, "/headers/X-Thing"],
    [
      "a header of a list",
      {
        headers: [
          ["X-One", "1"],
          ["X-Thing", `b ${long}`],
        ],
      },
      "/headers/1/1",
    ],
    ["the subject", { subject: `Re: ${long}` }, "/subject"],
    ["the name of From", { from: { name: long, address: "ada@demo.test" } }, "/from"],
    ["a name of To", { to: ["bob@demo.test", { name: `"${"a".repeat(995)}`, address: "eve@demo.test" }] }, "/to/1"],
    ["a name of Reply-To", { reply_to: { name: long, address: "eve@demo.test" } }, "/reply_to"],
  ]
  for (const [what, change, pointer] of cases) {
    it(what, async () => {
      const app = createTestApp()
      await app.request("PUT", "/v1/accounts/ada", { json: ada })
      const answer = await app.request("POST", "/v1/messages", { json: { ...mail, ...change } })
      expect([answer.status, answer.body.code]).toEqual([422, "unsupported"])
      expect(answer.body.errors).toMatchObject([{ pointer, code: "too_long" }])
      expect((await app.request("GET", "/v1/messages?test=true")).body.data).toEqual([])
    })
  }

  it("what can be folded is taken, however long", async () => {
    const app = createTestApp()
    await app.request("PUT", "/v1/accounts/ada", { json: ada })
    const json = {
      ...mail,
      subject: "é".repeat(3000),
      headers: { "X-Thing": "a".repeat(997), "X-Words": "word ".repeat(1000) },
      to: { name: "字".repeat(900), address: "bob@demo.test" },
    }
    expect((await app.request("POST", "/v1/messages", { json })).status).toBe(202)
  })
})

describe("G7: what is taken can be composed", () => {
  const composer = createMimeComposer()
  const plain: MailToCompose = {
    messageId: "<a@demo.test>",
    date: 0,
    boundarySeed: "seed",
    from: { name: null, address: "ada@demo.test" },
    to: [],
    cc: [],
    replyTo: [],
    subject: "",
    text: "",
    html: null,
    headers: [],
    inReplyTo: null,
    references: [],
    attachments: [],
  }
  const composes = (change: Partial<MailToCompose>): Promise<boolean> =>
    composer.compose({ ...plain, ...change }).then(
      () => true,
      () => false,
    )

  it("words about as long as a line, between spaces, tabs, quotes and letters of all kinds", async () => {
    const random = seededRandom(7)
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
    const word = () => pick(["a", "b-", '"', "\\", "=?", "é", "x".repeat(50)]).repeat(pick([1, 2, 20, 900 / 50]))
    const filler = () => "w".repeat(Math.floor(985 + random() * 20))
    let refused = 0
    for (let at = 0; at < 400; at++) {
      const value = Array.from({ length: 1 + Math.floor(random() * 4) }, () => {
        return pick([word, filler, filler])() + pick([" ", "  ", "\t", " ".repeat(30), ""])
      }).join("")
      const name = pick(["X", "X-Thing", `X-${"n".repeat(80)}`])
      if (isFoldable(name, value)) expect([value, await composes({ headers: [[name, value]] })]).toEqual([value, true])
      else refused++
      const from = { name: value.replaceAll("\t", " "), address: "ada@demo.test" }
      if (isFoldableName("From", from.name)) expect([from.name, await composes({ from })]).toEqual([from.name, true])
    }
    expect(refused).toBeGreaterThan(20)
  })

  it("to the octet: the longest word that fits is taken, the next one is not", async () => {
    for (const name of ["X-Thing", "Subject"]) {
      for (const [length, fits] of [
        [997, true],
        [998, false],
      ] as const) {
        const value = "a".repeat(length)
        const change = name === "Subject" ? { subject: value } : { headers: [[name, value]] as [string, string][] }
        expect([isFoldable(name, value), await composes(change)]).toEqual([fits, fits])
      }
    }
  })
})
