import { errorCodes } from "@postrider/core/error/codes"
import { describe, expect, it } from "vitest"
import { createTestApp } from "../../support/test-app.ts"

describe("without a key", () => {
  it("/health is alive whatever the stores do; /ready is 503 when they do not take writes", async () => {
    const well = createTestApp()
    expect((await well.request("GET", "/health", { key: null })).body).toEqual({ ok: true })
    expect((await well.request("GET", "/ready", { key: null })).status).toBe(200)
    const checks = { store: { ok: false, detail: "the store does not take writes" } }
    const ill = createTestApp({}, { ready: async () => ({ ok: false, checks }) })
    const answer = await ill.request("GET", "/ready", { key: null })
    expect([answer.status, answer.body]).toEqual([503, { ok: false, checks }])
    expect((await ill.request("GET", "/health", { key: null })).status).toBe(200)
  })
})

describe("/openapi.json", () => {
  it("describes every route under /v1, each with an id of its own, security and the shape of its problems", async () => {
    const { app, request } = createTestApp()
    const { body: document } = await request("GET", "/openapi.json", { key: null })
    expect(document.openapi).toMatch(/^3\.1\./)
    const routes = new Set(
      app.routes
        .filter(({ method, path }) => method !== "ALL" && path.startsWith("/v1/"))
        .map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, "{$1}")}`),
    )
    const described = new Map<string, Operation>()
    for (const [path, item] of Object.entries<Record<string, Operation>>(document.paths)) {
      for (const [method, operation] of Object.entries(item))
        described.set(`${method.toUpperCase()} ${path}`, operation)
    }
    expect([...routes].filter((route) => !described.has(route))).toEqual([])
    const ids = [...described.values()].map(({ operationId }) => operationId)
    expect(new Set(ids).size).toBe(ids.length)
    for (const [route, operation] of described) {
      if (!route.includes(" /v1/")) continue
      expect([route, operation.security?.length]).not.toEqual([route, undefined])
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(["401", "500"]))
      expect(operation.responses["401"]?.content).toHaveProperty(["application/problem+json"])
      const success = Object.keys(operation.responses).filter((status) => status.startsWith("2"))
      expect([route, success.length]).not.toEqual([route, 0])
    }
  })

  it("every reference leads somewhere", async () => {
    const { body: document, text } = await createTestApp().request("GET", "/openapi.json")
    const refs = new Set([...text.matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1] ?? ""))
    expect(refs.size).toBeGreaterThan(3)
    for (const ref of refs) {
      const target = ref
        .split("/")
        .reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], document)
      expect([ref, typeof target]).toEqual([ref, "object"])
    }
  })

  it("write-only secrets are marked, and no answer has a field for them", async () => {
    const { body: document } = await createTestApp().request("GET", "/openapi.json")
    expect(JSON.stringify(document.paths["/v1/accounts"].post.requestBody)).toContain('"writeOnly":true')
    expect(JSON.stringify(document.components.schemas.Account)).not.toMatch(/"password"|writeOnly/)
  })
})

interface Operation {
  operationId?: string
  security?: unknown[]
  responses: Record<string, { content?: Record<string, unknown> }>
}

describe("/docs", () => {
  it("is one page of text with every call on it, no script, nothing from elsewhere", async () => {
    const { request } = createTestApp()
    const { body: document } = await request("GET", "/openapi.json")
    const page = await request("GET", "/docs", { key: null })
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8")
    for (const item of Object.values<Record<string, Operation>>(document.paths)) {
      for (const { operationId } of Object.values(item)) expect(page.text).toContain(`<h3 id="${operationId}">`)
    }
    expect(page.text).not.toMatch(/<script|<link|<img|@import|url\(|https?:\/\/(?!relay\.test)/)
    const policy = page.headers.get("content-security-policy") ?? ""
    expect(policy).toMatch(/default-src 'none'; style-src 'sha256-/)
  })

  it("its policy allows exactly the style sheet it carries", async () => {
    const { createHash } = await import("node:crypto")
    const { text, headers } = await createTestApp().request("GET", "/docs")
    const sheet = /<style>([\s\S]*?)<\/style>/.exec(text)?.[1] ?? ""
    const hash = createHash("sha256").update(sheet).digest("base64")
    expect(headers.get("content-security-policy")).toContain(`'sha256-${hash}'`)
  })

  it("every error code has its page, where the type of its problems leads", async () => {
    const { request } = createTestApp()
    const problem = await request("GET", "/nothing")
    expect((await request("GET", new URL(problem.body.type).pathname)).status).toBe(200)
    const all = await request("GET", "/docs/errors")
    for (const code of errorCodes) {
      const page = await request("GET", `/docs/errors/${code}`)
      expect([code, page.status]).toEqual([code, 200])
      expect(page.text).toMatch(/What it means.*What to do/s)
      expect(all.text).toContain(`href="/docs/errors/${code}"`)
    }
    expect((await request("GET", "/docs/errors/no_such_code")).status).toBe(404)
  })
})
