import { createHash } from "node:crypto"

/** The one style sheet; light or dark as the reader's system is. */
export const style = `
:root { --ink: #1c2024; --soft: #60646c; --line: #d9d9e0; --tint: #f5f5f7; --link: #0b5cad; --page: #fff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e6ea; --soft: #a0a5ad; --line: #35393f; --tint: #1d2024; --link: #7cb7f5; --page: #121416 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 system-ui, sans-serif }
header { border-bottom: 1px solid var(--line); padding: .75rem 1.25rem; font-weight: 600 }
main { max-width: 60rem; margin: 0 auto; padding: 1.25rem }
a { color: var(--link); text-decoration: none }
a:hover { text-decoration: underline }
h1 { font-size: 1.7rem; margin: .5rem 0 }
h2 { margin: 2.5rem 0 .5rem; padding-top: .5rem; border-top: 1px solid var(--line); font-size: 1.3rem }
h3 { margin: 2rem 0 .25rem; font-size: 1.05rem }
h4 { margin: 1rem 0 .25rem; font-size: .9rem; color: var(--soft) }
code, .call { font: .88em ui-monospace, monospace }
code { background: var(--tint); padding: .1em .3em; border-radius: 4px; overflow-wrap: anywhere }
.call { display: block; background: var(--tint); border: 1px solid var(--line); border-radius: 6px; padding: .4rem .7rem; overflow-x: auto }
.call b { display: inline-block; min-width: 4.5em }
nav ul { columns: 16rem; padding-left: 1.1rem; margin: .25rem 0 1rem }
table { border-collapse: collapse; width: 100%; font-size: .92rem }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line) }
th { color: var(--soft); font-weight: 500 }
td:first-child { white-space: nowrap }
.soft { color: var(--soft) }
`

/** For the page's Content-Security-Policy: this sheet may apply, and no other. */
export const styleHash = `sha256-${createHash("sha256").update(style).digest("base64")}`
