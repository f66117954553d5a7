import { describe, expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"

const json = { "Content-Type": "application/json" }

describe("a body that is not JSON is refused with the place where reading stopped", () => {
  const cases: [text: string, detail: RegExp][] = [
    ['{"a":1,,}', /member name .* line 1, column 8/],
    ['{\n  "a": tru\n}', /line 2, column 8/],
    ['{"a":1', /ends too early/],
    ["[1,]", /value is missing/],
    ['{"a":01}', /comma or } is missing at line 1, column 7/],
    ['{"a":1} x', /follows the JSON value/],
    ["{'a':1}", /double quotes/],
    ['{"a" 1}', /colon is missing/],
    ['{"a":"x}', /not closed/],
    ['{"a":"\\x"}', /not valid JSON/],
    ['{"a":"line\nbreak"}', /not valid JSON/],
    ["nul", /not valid JSON/],
    ["\u0000", /not valid JSON/],
  ]
  for (const [text, detail] of cases) {
    it(JSON.stringify(text), async () => {
      const answer = await createTestApp().request("POST", "/v1/keys", { text, headers: json })
      expect(answer.status).toBe(400)
      expect(answer.body.code).toBe("invalid_json")
      expect(answer.body.detail).toMatch(detail)
    })
  }

  it("octets that are no UTF-8", async () => {
    const text = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
    const answer = await createTestApp().request("POST", "/v1/keys", { text, headers: json })
    expect(answer.body).toMatchObject({ code: "invalid_json", detail: "The body is not valid UTF-8." })
  })
})

describe("what JSON.parse would drop in silence is refused", () => {
  it("a member that occurs twice, also when written in escapes", async () => {
    for (const text of ['{"name":"a","name":"b"}', '{"name":"a","n\\u0061me":"b"}', '{"a":{"b":1,"b":2}}']) {
      const answer = await createTestApp().request("POST", "/v1/keys", { text, headers: json })
      expect(answer.body).toMatchObject({ status: 400, code: "invalid_json" })
      expect(answer.body.detail).toMatch(/occurs twice/)
    }
  })

  it("members that reach into prototypes, at any depth", async () => {
    for (const name of ["__proto__", "constructor", "prototype", "__pr\\u006fto__"]) {
      const text = `{"metadata":{"${name}":{"admin":true}}}`
      const answer = await createTestApp().request("POST", "/v1/keys", { text, headers: json })
      expect(answer.body.code).toBe("invalid_json")
      expect(answer.body.detail).toMatch(/not allowed/)
    }
  })

  it("fields named like members of every object", async () => {
    const answer = await createTestApp().request("POST", "/v1/keys", {
      json: { name: "a", scopes: ["*"], toString: 1 },
    })
    expect(answer.body.errors).toEqual([
      { pointer: "/toString", code: "unknown_field", detail: expect.stringMatching(/remove it/) },
    ])
  })

  it("an array where an object belongs, at any depth", async () => {
    const app = createTestApp()
    for (const [json, pointer] of [
      [[], ""],
      [{ name: "a", scopes: ["*"], rate: [] }, "/rate"],
    ] as const) {
      const answer = await app.request("POST", "/v1/keys", { json })
      expect(answer.body.errors).toEqual([{ pointer, code: "wrong_type", detail: expect.stringMatching(/an object/) }])
    }
  })

  it("more than 64 levels, without a stack overflow at a hundred thousand", async () => {
    for (const depth of [65, 100_000]) {
      const text = "[".repeat(depth)
      const answer = await createTestApp().request("POST", "/v1/keys", { text, headers: json })
      expect(answer.body.detail).toMatch(/deeper than 64/)
    }
  })
})

describe("faulty fields are all named at once, by JSON Pointer", () => {
  it("missing, of the wrong type, out of the list, out of range, read-only", async () => {
    const answer = await createTestApp().request("POST", "/v1/keys", {
      json: { scopes: ["messages:send", "no:such"], test: "yes", rate: { per_minute: 0 }, created_at: "x" },
    })
    expect(answer.status).toBe(400)
    expect(answer.headers.get("content-type")).toBe("application/problem+json")
    const found = answer.body.errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code])
    expect(found).toEqual([
      ["/name", "required"],
      ["/scopes/1", "not_in_list"],
      ["/test", "wrong_type"],
      ["/rate/per_minute", "out_of_range"],
      ["/created_at", "read_only"],
    ])
    for (const { detail } of answer.body.errors) expect(detail).toMatch(/^[a-z_.0-9]+ (is|must) .*\.$/)
  })

  it("pointers escape ~ and / (RFC 6901)", async () => {
    const answer = await createTestApp().request("POST", "/v1/keys", {
      json: { name: "a", scopes: ["*"], "a/b~c": 1 },
    })
    expect(answer.body.errors[0].pointer).toBe("/a~1b~0c")
  })

  it("query parameters by name; unknown and doubled ones are refused", async () => {
    const app = createTestApp()
    const limit = await app.request("GET", "/v1/keys?limit=0")
    expect(limit.body.errors).toEqual([{ parameter: "limit", code: "out_of_range", detail: expect.any(String) }])
    const doubled = await app.request("GET", "/v1/keys?limit=1&limit=2&page=2")
    expect(doubled.body.errors.map(({ code }: { code: string }) => code)).toEqual(["duplicate", "unknown_field"])
  })
})

describe("cursors", () => {
  it("damaged ones, and those of a list with other filters, are invalid_cursor", async () => {
    const app = createTestApp()
    for (let n = 0; n < 3; n++) await app.key({ name: `key ${n}` })
    const first = await app.request("GET", "/v1/keys?limit=1")
    const cursor = first.body.next_cursor
    expect(first.body.has_more).toBe(true)
    expect((await app.request("GET", `/v1/keys?limit=2&cursor=${cursor}`)).status).toBe(200)
    for (const bad of [`${cursor}x`, "abc", "%00", cursor.slice(2)]) {
      expect((await app.request("GET", `/v1/keys?cursor=${bad}`)).body.code).toBe("invalid_cursor")
    }
    const elsewhere = await app.request("GET", `/v1/accounts?cursor=${cursor}`)
    expect(elsewhere.body.code).toBe("invalid_cursor")
  })

  it("paging by cursor shows each row once, newest first", async () => {
    const app = createTestApp()
    for (let n = 0; n < 5; n++) {
      await app.key({ name: `key ${n}` })
      await app.clock.advance(1000)
    }
    const names: string[] = []
    let path = "/v1/keys?limit=2"
    for (;;) {
      const { body } = await app.request("GET", path)
      names.push(...body.data.map(({ name }: { name: string }) => name))
      if (!body.has_more) break
      path = `/v1/keys?limit=2&cursor=${body.next_cursor}`
    }
    expect(names).toEqual(["key 4", "key 3", "key 2", "key 1", "key 0"])
  })
})

it("an Idempotency-Key of other characters, empty or too long is refused before anything is done", async () => {
  const app = createTestApp()
  for (const key of ["ü", "", '""', "a b", "x".repeat(257)]) {
    const answer = await app.request("POST", "/v1/keys", {
      json: { name: "a", scopes: ["*"] },
      headers: { "Idempotency-Key": key },
    })
    expect(answer.body.code).toBe("invalid_idempotency_key")
  }
  expect((await app.request("GET", "/v1/keys")).body.data).toEqual([])
})
