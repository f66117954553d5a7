import { execFileSync, spawn } from "node:child_process"
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { type Dovecot, mailOwner, stopProcess, untilGreeting } from "./dovecot.ts"
import { freePorts } from "./free-ports.ts"
import { mainCf, masterCf, type PostfixConf } from "./postfix-conf.ts"

export interface Postfix {
  /** `smtp` offers STARTTLS; AUTH only under TLS. */
  ports: { smtp: number; smtps: number }
  /** Sets `name = value` of main.cf and reloads. */
  set(...settings: string[]): void
  log(): string
  stop(): Promise<void>
}

const master = "/usr/lib/postfix/sbin/master"

/** Why there is no Postfix here to test with, or null. */
export function postfixMissing(): string | null {
  if (!existsSync(master)) return "postfix is not installed"
  return process.getuid?.() === 0 ? null : "postfix needs root"
}

/**
 * Starts a real Postfix that delivers mail for alice@ and bob@postfix.test into the maildirs of `dovecot` and lets its users log in. It
 * answers later@, grey@, full@ and blocked@ with refusals. Stop it before Dovecot.
 */
export async function startPostfix(dovecot: Dovecot): Promise<Postfix | { skip: string }> {
  const skip = postfixMissing()
  if (skip !== null) return { skip }
  const dir = join(dovecot.root, "postfix")
  for (const name of ["etc", "queue", "data"]) mkdirSync(join(dir, name), { recursive: true, mode: 0o755 })
  chownSync(join(dir, "data"), numberOf("-u"), numberOf("-g"))
  const [smtp = 0, smtps = 0] = await freePorts(2)
  const conf: PostfixConf = {
    dir,
    root: dovecot.root,
    ports: { smtp, smtps },
    saslPort: dovecot.ports.sasl,
    cert: dovecot.tls.cert,
    key: dovecot.tls.key,
    owner: mailOwner(),
  }
  const etc = join(dir, "etc")
  writeFileSync(join(etc, "main.cf"), mainCf(conf))
  writeFileSync(join(etc, "master.cf"), masterCf(conf))
  execFileSync("postfix", ["-c", etc, "check"], { stdio: "ignore" })
  const child = spawn(master, ["-c", etc, "-s"], { stdio: "ignore" })
  const log = () => (existsSync(join(dir, "log")) ? readFileSync(join(dir, "log"), "utf8") : "")
  const stop = () => stopProcess(child)
  try {
    await untilGreeting(child, { port: smtp, host: "127.0.0.1" })
  } catch (error) {
    await stop()
    throw new Error(`postfix did not start: ${log()}`, { cause: error })
  }
  return {
    ports: conf.ports,
    set: (...settings) => {
      execFileSync("postconf", ["-c", etc, "-e", ...settings])
      execFileSync("postfix", ["-c", etc, "reload"], { stdio: "ignore" })
    },
    log,
    stop,
  }
}

const numberOf = (kind: "-u" | "-g"): number => Number(execFileSync("id", [kind, "postfix"], { encoding: "utf8" }))
