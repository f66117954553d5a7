import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { promisify } from "node:util"
import type { S3StandIn } from "./aws-stand-ins.ts"
import { freePorts } from "./free-ports.ts"
import { radosgwConf } from "./radosgw-conf.ts"

export interface Radosgw extends S3StandIn {
  stop(): Promise<void>
}

const programs = ["radosgw", "radosgw-admin", "ceph-mon", "ceph-osd", "ceph", "monmaptool"]
const startMs = 150_000
const run = promisify(execFile)

/** Why there is no radosgw here to test with, or null. */
export function radosgwMissing(): string | null {
  const missing = programs.filter((program) => spawnSync(program, ["--version"], { stdio: "ignore" }).status !== 0)
  if (missing.length === 0) return null
  return `${missing.join(", ")} not installed (Debian: radosgw ceph-mon ceph-osd ceph-common)`
}

/** Starts Ceph's S3 server over a store in memory, on ports of 127.0.0.1. Takes about ten seconds. */
export async function startRadosgw(): Promise<Radosgw> {
  const dir = mkdtempSync(join(tmpdir(), "radosgw-"))
  for (const name of ["mon", "osd", "rgw"]) mkdirSync(join(dir, name))
  const [monPort = 0, port = 0] = await freePorts(2)
  const fsid = randomUUID()
  const conf = join(dir, "ceph.conf")
  writeFileSync(conf, radosgwConf({ dir, monPort, port, fsid }))
  const children: ChildProcess[] = []
  const stop = async () => {
    for (const child of children.toReversed()) await end(child)
    rmSync(dir, { recursive: true, force: true })
  }
  const serve = (program: string, args: string[]) => {
    children.push(spawn(program, ["-f", ...args, "-c", conf], { stdio: "ignore" }))
  }
  try {
    const map = join(dir, "monmap")
    await run("monmaptool", ["--create", "--fsid", fsid, "--addv", "a", `[v1:127.0.0.1:${monPort}]`, map])
    await run("ceph-mon", ["--mkfs", "-i", "a", "--monmap", map, "--fsid", fsid, "-c", conf])
    serve("ceph-mon", ["-i", "a"])
    const osd = randomUUID()
    await run("ceph", ["-c", conf, "osd", "new", osd], { timeout: startMs })
    await run("ceph-osd", ["-i", "0", "--mkfs", "--osd-uuid", osd, "-c", conf])
    serve("ceph-osd", ["-i", "0"])
    const user = ["user", "create", "--uid=test", "--display-name=test", "--access-key=AKIATEST", "--secret=SECRETTEST"]
    await run("radosgw-admin", [...user, "-c", conf], { timeout: startMs })
    serve("radosgw", ["-n", "client.rgw"])
    const url = `http://127.0.0.1:${port}`
    await untilAnswer(url)
    return { url, credentials: { accessKeyId: "AKIATEST", secretAccessKey: "SECRETTEST" }, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function untilAnswer(url: string): Promise<void> {
  const deadline = Date.now() + startMs
  for (;;) {
    const answered = await fetch(url, { signal: AbortSignal.timeout(2000) }).then(
      () => true,
      () => false,
    )
    if (answered) return
    if (Date.now() > deadline) throw new Error("radosgw did not answer")
    await pause(200)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  child.kill("SIGTERM")
  const late = setTimeout(() => child.kill("SIGKILL"), 5000)
  await ended
  clearTimeout(late)
}
