import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process"
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { rename } from "node:fs/promises"
import { connect } from "node:net"
import { tmpdir, userInfo } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"
import type { CertificateName } from "./certificates.ts"
import { type DovecotPorts, dovecotConf } from "./dovecot-conf.ts"
import { freePorts } from "./free-ports.ts"
import { type TlsFiles, tlsFiles } from "./tls-files.ts"

export interface Dovecot {
  /** Directory that other servers (Postfix) may share; mail lies in `<root>/dovecot/mail/<user>/Maildir`. */
  root: string
  ports: DovecotPorts
  tls: TlsFiles
  /** PEM of the authority behind the server's certificate. The name is localhost. */
  ca: string
  users: readonly string[]
  password: string
  maildir(user: string): string
  /** Puts a file into `Maildir/new`, as a delivery agent would. */
  drop(user: string, raw: Uint8Array): Promise<void>
  doveadm(...args: string[]): Promise<string>
  log(): string
  stop(): Promise<void>
}

export interface DovecotOptions {
  /** Logins beside alice and bob. */
  users?: readonly string[]
  certificate?: CertificateName
  /** Settings that override the others, in the language of 2.3. */
  extra?: string
  bind?: string
}

const password = "secret"

/** Why there is no Dovecot here to test with, or null. */
export function dovecotMissing(): string | null {
  const binary = findDovecot()
  if (binary === null) return "dovecot is not installed (Debian: dovecot-imapd dovecot-pop3d)"
  const version = execFileSync(binary, ["--version"], { encoding: "utf8" }).trim()
  return version.startsWith("2.3") ? null : `dovecot ${version} is not 2.3, whose configuration differs`
}

/** Starts a real Dovecot 2.3 on ports of 127.0.0.1, as whoever runs the tests; users alice and bob, password "secret". */
export async function startDovecot(options: DovecotOptions = {}): Promise<Dovecot | { skip: string }> {
  const skip = dovecotMissing()
  if (skip !== null) return { skip }
  const root = mkdtempSync(join(tmpdir(), "dovecot-"))
  chmodSync(root, 0o755)
  const dir = join(root, "dovecot")
  const owner = mailOwner()
  const users = ["alice", "bob", ...(options.users ?? [])]
  for (const name of ["run", "state", "mail", "../tls"]) mkdirSync(join(dir, name), { recursive: true, mode: 0o755 })
  chownSync(join(dir, "mail"), owner.uid, owner.gid)
  const tls = tlsFiles(join(root, "tls"), options.certificate ?? "server")
  const [imap = 0, imaps = 0, pop3 = 0, pop3s = 0, sasl = 0] = await freePorts(5)
  const ports = { imap, imaps, pop3, pop3s, sasl }
  const conf = join(dir, "dovecot.conf")
  writeFileSync(join(dir, "users"), users.map((user) => `${user}:{PLAIN}${password}::::::\n`).join(""))
  writeFileSync(join(dir, "extra.conf"), options.extra ?? "")
  const runAs = isRoot() ? null : { user: userInfo().username, group: groupName() }
  writeFileSync(
    conf,
    dovecotConf({ dir, ports, cert: tls.cert, key: tls.key, bind: options.bind ?? "127.0.0.1", owner, runAs }),
  )
  const child = spawn(findDovecot() ?? "dovecot", ["-F", "-c", conf], { stdio: "ignore" })
  const stop = async () => {
    await stopProcess(child)
    rmSync(root, { recursive: true, force: true })
  }
  const log = () => (existsSync(join(dir, "log")) ? readFileSync(join(dir, "log"), "utf8") : "")
  try {
    await untilGreeting(child, { port: imap, host: options.bind ?? "127.0.0.1" })
  } catch (error) {
    const text = log()
    await stop()
    throw new Error(`dovecot did not start: ${text}`, { cause: error })
  }
  const maildir = (user: string) => join(dir, "mail", user, "Maildir")
  return {
    root,
    ports,
    tls,
    ca: readFileSync(tls.ca, "utf8"),
    users,
    password,
    maildir,
    drop: (user, raw) => drop(maildir(user), raw, owner),
    doveadm: async (...args) => (await promisify(execFile)("doveadm", ["-c", conf, ...args])).stdout,
    log,
    stop,
  }
}

/** SIGTERM to one process, and its end awaited. */
export async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  child.kill("SIGTERM")
  await ended
}

/** Resolves with the first octets that a server sends; tries again until it listens, for at most 15 s. */
export async function untilGreeting(child: ChildProcess, target: { port: number; host: string }): Promise<string> {
  const deadline = Date.now() + 15_000
  for (;;) {
    const greeting = await greetingOf(target)
    if (greeting !== null) return greeting
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`)
    if (Date.now() > deadline) throw new Error("no greeting in 15 s")
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const greetingOf = (target: { port: number; host: string }): Promise<string | null> =>
  new Promise((resolve) => {
    const socket = connect(target)
    socket.setTimeout(2_000, () => socket.destroy())
    socket.once("data", (octets) => {
      resolve(octets.toString("latin1"))
      socket.destroy()
    })
    socket.once("error", () => resolve(null))
    socket.once("close", () => resolve(null))
  })

let drops = 0
async function drop(maildir: string, raw: Uint8Array, owner: { uid: number; gid: number }): Promise<void> {
  for (const name of ["", "tmp", "new", "cur"]) {
    const dir = join(maildir, name)
    if (existsSync(dir)) continue
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    chownSync(dir, owner.uid, owner.gid)
  }
  // Maildirs above it are made by the first delivery, and belong to the owner too.
  chownSync(join(maildir, ".."), owner.uid, owner.gid)
  const name = `${Date.now()}.M${++drops}P${process.pid}.test`
  const file = join(maildir, "tmp", name)
  writeFileSync(file, raw)
  chownSync(file, owner.uid, owner.gid)
  await rename(file, join(maildir, "new", name))
}

const isRoot = (): boolean => process.getuid?.() === 0

/** As root mail belongs to Debian's user mail, who may not be root. */
export function mailOwner(): { uid: number; gid: number } {
  if (!isRoot()) return { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
  const [, , uid, gid] = execFileSync("getent", ["passwd", "mail"], { encoding: "utf8" }).split(":")
  return { uid: Number(uid), gid: Number(gid) }
}

const groupName = (): string => execFileSync("id", ["-gn"], { encoding: "utf8" }).trim()

const findDovecot = (): string | null =>
  ["/usr/sbin/dovecot", "/usr/local/sbin/dovecot", "/opt/homebrew/sbin/dovecot"].find((path) => existsSync(path)) ??
  null
