import { spawnSync } from "node:child_process"

/** Whether the commands that the pages show can be run here. */
export const hasCurl: boolean = spawnSync("curl", ["--version"]).status === 0
