import { runDemo } from "./run-demo.ts"
import { createScreen } from "./screen.ts"

const colours = process.stdout.isTTY === true && process.env.NO_COLOR === undefined

await runDemo({ screen: createScreen(process.stdout, colours), once: process.argv.includes("--once") })
