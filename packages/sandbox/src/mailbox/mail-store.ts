import type { SandboxUser } from "../sandbox-options.ts"
import { createMailbox, type Mailbox } from "./mailbox.ts"

/** All users and their mailboxes, in memory. */
export type MailStore = {
  readonly domain: string
  names(): string[]
  /** The mailboxes of a user by path; undefined for a name that nobody used. */
  of(name: string): Map<string, Mailbox> | undefined
  /** The mailboxes of a user, made when missing. */
  ensure(name: string): Map<string, Mailbox>
  create(name: string, path: string): Mailbox
  /** Adds a user, or changes password, addresses and token of one. */
  setUser(name: string, user: SandboxUser): void
  /** The name behind a login, when the secret is right; undefined otherwise. */
  signIn(login: string, secret: { readonly password?: string; readonly token?: string }): string | undefined
  /** The name that a login stands for, known or not. */
  nameOf(login: string): string
  /** Whose mailbox a recipient address is; undefined: nobody's. */
  recipient(address: string): string | undefined
}

export type MailStoreOptions = {
  readonly domain: string
  readonly open: boolean
  readonly users?: Readonly<Record<string, SandboxUser>>
  readonly now: () => number
}

const demoPassword = "demo"
const specialMailboxes = [
  ["Archive", "\\Archive"],
  ["Drafts", "\\Drafts"],
  ["Junk", "\\Junk"],
  ["Sent", "\\Sent"],
  ["Trash", "\\Trash"],
] as const

export function createMailStore(options: MailStoreOptions): MailStore {
  const users = new Map(Object.entries(options.users ?? {}))
  const anyLogin = options.users === undefined
  const boxes = new Map<string, Map<string, Mailbox>>()
  let lastUidValidity = Math.floor(options.now() / 1000)

  const make = (path: string, specialUse?: string) => {
    lastUidValidity += 1
    return createMailbox({ path, uidValidity: lastUidValidity, ...(specialUse ? { specialUse } : {}) })
  }
  const ensure = (name: string) => {
    const known = boxes.get(name)
    if (known) return known
    const made = new Map([["INBOX", make("INBOX")]])
    for (const [path, use] of specialMailboxes) made.set(path, make(path, use))
    boxes.set(name, made)
    return made
  }
  const short = (address: string) => {
    const name = address.toLowerCase()
    return name.endsWith(`@${options.domain}`) ? name.slice(0, -options.domain.length - 1) : name
  }
  const owner = (address: string) => {
    const name = short(address)
    if (users.has(name) || boxes.has(name)) return name
    for (const [user, { addresses }] of users) if (addresses?.some((one) => short(one) === name)) return user
    return undefined
  }
  for (const name of users.keys()) ensure(name)

  return {
    domain: options.domain,
    names: () => [...boxes.keys()],
    of: (name) => boxes.get(name),
    ensure,
    create(name, path) {
      const mailbox = make(path)
      ensure(name).set(path, mailbox)
      return mailbox
    },
    setUser(name, user) {
      users.set(name, user)
      ensure(name)
    },
    signIn(login, secret) {
      const name = owner(login) ?? (anyLogin ? short(login) : undefined)
      if (name === undefined || name === "") return undefined
      const user = users.get(name) ?? (anyLogin ? { password: demoPassword } : undefined)
      if (!user) return undefined
      const wanted = secret.token === undefined ? user.password : (user.accessToken ?? user.password)
      if ((secret.token ?? secret.password) !== wanted) return undefined
      ensure(name)
      return name
    },
    nameOf: (login) => owner(login) ?? short(login),
    recipient(address) {
      const known = owner(address) ?? owner(address.replace(/\+[^@]*(?=@)/, ""))
      if (known !== undefined) return known
      return options.open ? short(address.replace(/\+[^@]*(?=@)/, "")) : undefined
    },
  }
}
