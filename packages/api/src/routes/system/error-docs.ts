import { type ErrorCode, errorCodes } from "@postrider/core/error/codes"
import { RelayError } from "@postrider/core/error/relay-error"
import { escapeHtml, inline } from "../../docs/html.ts"
import { page } from "../../docs/page.ts"
import type { Api } from "../../env.ts"
import { problemTable } from "../../problem-table.ts"

/** A page for each error code, where the `type` of a problem leads: what it means and what to do. */
export function errorDocsRoute(app: Api): void {
  app.get("/docs/errors", (c) => page(c, { title: "Errors of the Postrider API", body: renderAll() }))
  app.get("/docs/errors/:code{.+}", (c) => {
    const code = errorCodes.find((known) => known === c.req.param("code"))
    if (code === undefined) throw new RelayError("not_found", "There is no such error code.")
    return page(c, { title: `${code}: ${problemTable[code].title}`, body: renderCode(code) })
  })
}

function renderAll(): string {
  const rows = errorCodes.map((code) => {
    const { status, title } = problemTable[code]
    return `<tr><td>${status}</td><td><a href="/docs/errors/${code}"><code>${code}</code></a></td><td>${escapeHtml(title)}</td></tr>`
  })
  return `<h1>Errors</h1>
<p>Every error is <code>application/problem+json</code> (RFC 9457) with one of these codes in <code>code</code>. The list is closed within v1.</p>
<table>${rows.join("\n")}</table>`
}

function renderCode(code: ErrorCode): string {
  const { status, title, meaning, fix } = problemTable[code]
  return `<h1>${escapeHtml(title)}</h1>
<p class="call"><b>${status}</b> ${code}</p>
<h4>What it means</h4><p>${inline(meaning)}</p>
<h4>What to do</h4><p>${inline(fix ?? "The `detail` and `errors` of the problem tell what is wrong in your case.")}</p>
<p class="soft">With the <code>request_id</code> of the problem the operator finds the request in the log.
<a href="/docs/errors">All codes</a></p>`
}
