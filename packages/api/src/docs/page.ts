import type { ApiContext } from "../env.ts"
import { escapeHtml } from "./html.ts"
import { style, styleHash } from "./style.ts"

/** A page of the reference: server-rendered, no script, nothing from elsewhere. `body` is HTML whose texts are escaped. */
export function page(c: ApiContext, { title, body }: { title: string; body: string }): Response {
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>${style}</style>
</head>
<body>
<header><a href="/docs">Postrider</a></header>
<main>
${body}
</main>
</body>
</html>
`
  return c.body(html, 200, {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": `default-src 'none'; style-src '${styleHash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    "Cache-Control": "public, max-age=300",
  })
}
