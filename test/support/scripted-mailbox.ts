import { RelayError } from "@postrider/core/error/relay-error"
import type { MailFault } from "@postrider/core/ports/mail-fault"
import type {
  FetchedMail,
  ListedMail,
  ListedMailbox,
  MailboxChange,
  MailboxReader,
  MailboxSession,
  MailboxSnapshot,
} from "@postrider/core/ports/mailbox-reader"

/** A mail on the model server. */
export interface ModelMail {
  raw: Uint8Array
  /** UID over IMAP; over POP3 it only tells mails apart in the script. */
  uid: number
  uidl?: string
  internalDate?: number
  flags: Set<string>
  emailId?: string
  /** RFC822.SIZE or LIST, where the server is wrong. */
  size?: number
  /** Assigned, but not yet shown to anybody. */
  hidden?: boolean
  /** What FETCH or RETR does: no answer, the connection dies before or in the middle of it. */
  trouble?: "missing" | "drops" | "breaks"
  /** Asking for its header kills the connection. */
  headerDrops?: boolean
}

export interface ModelMailbox {
  path: string
  uidValidity: string
  uidNext: number
  mails: ModelMail[]
  specialUse: string | null
  mailboxId?: string
  /** SELECT is answered with NO. */
  refused?: boolean
}

export interface MailServerModel {
  reader: MailboxReader
  mailboxes: Map<string, ModelMailbox>
  /** Commands as they came, such as `select INBOX`, `fetch 1,2`. */
  log: string[]
  /** Faults of the server as a whole. */
  trouble: {
    open?: MailFault
    uidNextUnknown?: boolean
    noUidl?: boolean
    quitFails?: boolean
    afterFetches?: number
    /** TOP is not there. */
    noTop?: boolean
    /** QUIT is confirmed, and nothing deleted. */
    keepsDeleted?: boolean
    /** Told of each batch of headers before it is answered, such as to let time pass. */
    onHeaders?: () => Promise<void>
  }
  deliver(path: string, mail: Partial<ModelMail> & { raw: Uint8Array }): ModelMail
  expunge(path: string, uid: number): void
}

export function fault(given: Partial<MailFault> = {}): MailFault {
  return {
    class: "connect",
    stage: "fetch",
    code: "ECONNRESET",
    enhancedCode: null,
    response: null,
    fix: null,
    misconfigured: false,
    ...given,
  }
}

const lost = () => new RelayError("provider/unavailable", "The connection broke.", { fault: fault() })

/** A server kept in memory behind the reader's port: mailboxes, UIDs and UIDLs, deletions that count at QUIT, and faults on demand. */
export function createMailServerModel(protocol: "imap" | "pop3"): MailServerModel {
  const mailboxes = new Map<string, ModelMailbox>([["INBOX", newMailbox("INBOX")]])
  const log: string[] = []
  const trouble: MailServerModel["trouble"] = {}
  const model: MailServerModel = {
    mailboxes,
    log,
    trouble,
    reader: {
      async open() {
        log.push("open")
        if (trouble.open) throw new RelayError("provider/unavailable", "No.", { fault: trouble.open })
        return protocol === "imap" ? imapSession(model) : pop3Session(model)
      },
    },
    deliver(path, given) {
      const mailbox = boxOf(model, path)
      const uid = given.uid ?? mailbox.uidNext
      mailbox.uidNext = Math.max(mailbox.uidNext, uid + 1)
      const mail: ModelMail = { flags: new Set(), uid, ...given }
      if (protocol === "pop3") mail.uidl ??= `u${mailbox.uidValidity}-${uid}`
      mailbox.mails.push(mail)
      mailbox.mails.sort((a, b) => a.uid - b.uid)
      return mail
    },
    expunge(path, uid) {
      const mailbox = boxOf(model, path)
      mailbox.mails = mailbox.mails.filter((mail) => mail.uid !== uid)
    },
  }
  return model
}

export function newMailbox(path: string, specialUse: string | null = null): ModelMailbox {
  return { path, uidValidity: "1", uidNext: 1, mails: [], specialUse }
}

function boxOf(model: MailServerModel, path: string): ModelMailbox {
  const mailbox = model.mailboxes.get(path)
  if (mailbox === undefined) throw refusedSelect()
  return mailbox
}

function refusedSelect(): RelayError {
  return new RelayError("provider/refused", "No such mailbox.", {
    fault: fault({ class: "protocol", stage: "select", code: "NOPERM" }),
  })
}

function header(raw: Uint8Array): Uint8Array {
  const text = Buffer.from(raw).toString("latin1")
  const end = text.indexOf("\r\n\r\n")
  return raw.subarray(0, end < 0 ? raw.length : end + 4)
}

async function* bodyOf(mail: ModelMail): AsyncGenerator<Uint8Array> {
  const size = 60_000
  for (let at = 0; at < mail.raw.length; at += size) {
    if (mail.trouble === "breaks" && at + size >= mail.raw.length) {
      yield mail.raw.subarray(at, at + 10)
      throw lost()
    }
    yield mail.raw.subarray(at, at + size)
  }
}

interface View {
  /** Mails that the session may see, by ref. */
  find(ref: number): ModelMail | undefined
}

/** What both protocols share: fetching by ref with the faults of the script, and a session that is dead once dropped. */
function commands(model: MailServerModel, view: View) {
  const state = { dead: false }
  const alive = (line: string) => {
    if (state.dead) throw lost()
    model.log.push(line)
  }
  const die = () => {
    state.dead = true
    return lost()
  }
  return {
    state,
    alive,
    async headers(refs: readonly number[]) {
      alive(`headers ${refs.join(",")}`)
      await model.trouble.onHeaders?.()
      if (refs.some((ref) => view.find(ref)?.headerDrops === true)) throw die()
      if (model.trouble.noTop === true) return new Map()
      const found = refs.flatMap((ref) => {
        const mail = view.find(ref)
        return mail === undefined ? [] : [[ref, header(mail.raw)] as const]
      })
      return new Map(found)
    },
    async *fetch(refs: readonly number[], { maxBytes }: { maxBytes: number }): AsyncGenerator<FetchedMail> {
      alive(`fetch ${refs.join(",")}`)
      for (const ref of refs) {
        if (state.dead) throw lost()
        const mail = view.find(ref)
        if (model.trouble.afterFetches !== undefined && model.trouble.afterFetches-- <= 0) throw die()
        if (mail?.trouble === "drops") throw die()
        if (mail === undefined || mail.trouble === "missing") yield { kind: "missing", ref, reason: "no row" }
        else if ((mail.size ?? mail.raw.length) > maxBytes) yield { kind: "oversize", ref, headers: header(mail.raw) }
        else yield { kind: "mail", ref, body: bodyOf(mail) }
      }
    },
    async exists(ref: number) {
      alive(`exists ${ref}`)
      return view.find(ref) !== undefined
    },
    abort() {
      state.dead = true
      model.log.push("abort")
    },
  }
}

function imapSession(model: MailServerModel): MailboxSession {
  let selected: ModelMailbox | undefined
  const visible = () => (selected?.mails ?? []).filter((mail) => mail.hidden !== true)
  const base = commands(model, { find: (ref) => visible().find((mail) => mail.uid === ref) })
  return {
    protocol: "imap",
    tls: null,
    capabilities: ["IMAP4REV1", "UIDPLUS"],
    hasIds: true,
    headers: base.headers,
    fetch: base.fetch,
    exists: base.exists,
    abort: base.abort,
    async mailboxes(): Promise<ListedMailbox[]> {
      base.alive("mailboxes")
      return [...model.mailboxes.values()].map(({ path, specialUse, mailboxId = null }) => {
        return { path, specialUse, selectable: true, mailboxId }
      })
    },
    async select(path): Promise<MailboxSnapshot> {
      base.alive(`select ${path}`)
      selected = boxOf(model, path)
      if (selected.refused === true) throw refusedSelect()
      const uidNext = model.trouble.uidNextUnknown === true ? null : selected.uidNext
      const { uidValidity, mailboxId = null } = selected
      return { path, uidValidity, uidNext, exists: visible().length, readOnly: false, mailboxId }
    },
    async list({ from, to } = { from: 1 }): Promise<ListedMail[]> {
      base.alive(`list ${from}:${to ?? "*"}`)
      const last = visible().at(-1)
      return visible()
        .filter(({ uid }) => uid >= from && uid <= (to ?? Number.MAX_SAFE_INTEGER))
        .concat(to === undefined && last !== undefined && last.uid < from ? [last] : [])
        .map((mail) => ({
          ref: mail.uid,
          size: mail.size ?? mail.raw.length,
          flags: [...mail.flags],
          ...(mail.internalDate === undefined ? {} : { internalDate: mail.internalDate }),
          ...(mail.emailId === undefined ? {} : { emailId: mail.emailId }),
        }))
    },
    async searchHeader() {
      return []
    },
    async change(refs, change: MailboxChange) {
      base.alive(`change ${refs.join(",")} ${JSON.stringify(change)}`)
      for (const mail of visible().filter(({ uid }) => refs.includes(uid))) {
        for (const flag of change.addFlags ?? []) mail.flags.add(flag)
        if (change.delete === true || change.moveTo !== undefined) model.expunge(selected?.path ?? "", mail.uid)
        if (change.moveTo !== undefined) {
          const { uid: _, ...moved } = mail
          model.deliver(change.moveTo, moved)
        }
      }
    },
    async append() {
      throw new Error("not scripted")
    },
    async end() {
      model.log.push("end")
      base.state.dead = true
      return { committed: true }
    },
  }
}

function pop3Session(model: MailServerModel): MailboxSession {
  const drop = boxOf(model, "INBOX")
  const numbered = drop.mails.filter((mail) => mail.hidden !== true)
  const doomed = new Set<ModelMail>()
  const base = commands(model, {
    find: (ref) => {
      const mail = numbered[ref - 1]
      return mail === undefined || doomed.has(mail) ? undefined : mail
    },
  })
  return {
    protocol: "pop3",
    tls: null,
    capabilities: ["TOP", "UIDL"],
    hasIds: model.trouble.noUidl !== true,
    headers: base.headers,
    fetch: base.fetch,
    exists: base.exists,
    abort: base.abort,
    async mailboxes() {
      return [{ path: "INBOX", specialUse: null, selectable: true, mailboxId: null }]
    },
    async select(path) {
      return { path, uidValidity: null, uidNext: null, exists: numbered.length, readOnly: false, mailboxId: null }
    },
    async list() {
      base.alive("list")
      return numbered.map((mail, index) => ({
        ref: index + 1,
        size: mail.size ?? mail.raw.length,
        ...(model.trouble.noUidl === true || mail.uidl === undefined ? {} : { uidl: mail.uidl }),
      }))
    },
    async searchHeader() {
      return []
    },
    async change(refs, change) {
      base.alive(`change ${refs.join(",")} ${JSON.stringify(change)}`)
      for (const ref of refs) {
        const mail = numbered[ref - 1]
        if (change.delete === true && mail !== undefined) doomed.add(mail)
      }
    },
    async append() {
      throw new Error("POP3 cannot")
    },
    async end() {
      model.log.push("end")
      const committed = !base.state.dead && model.trouble.quitFails !== true
      base.state.dead = true
      if (committed && model.trouble.keepsDeleted !== true) drop.mails = drop.mails.filter((mail) => !doomed.has(mail))
      return { committed }
    },
  }
}
