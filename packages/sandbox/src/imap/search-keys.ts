import type { StoredMessage } from "../mailbox/mailbox.ts"
import { headerLength, readHeaders } from "../message/headers.ts"
import { readSearchDate } from "./internal-date.ts"
import type { NamedMessage } from "./named.ts"
import { isSequenceSet, readSequenceSet } from "./sequence-set.ts"
import { CommandSyntaxError, type Token, textOf } from "./tokens.ts"

type Matcher = (entry: NamedMessage) => boolean
type SearchScope = { readonly lastUid: number; readonly lastNumber: number }
type Reader = { readonly scope: SearchScope; next(): Token | undefined }

const maxKeys = 1000
const dayMs = 86_400_000
const headerKeys = new Set(["FROM", "TO", "CC", "BCC", "SUBJECT"])
const flagKeys: Readonly<Record<string, string>> = {
  SEEN: "\\Seen",
  ANSWERED: "\\Answered",
  DELETED: "\\Deleted",
  FLAGGED: "\\Flagged",
  DRAFT: "\\Draft",
}

/** Turns search keys into one test for a message. Throws CommandSyntaxError. */
export function readSearch(tokens: readonly Token[], scope: SearchScope): Matcher {
  if (tokens.length > maxKeys) throw new CommandSyntaxError("too many search keys")
  if (tokens.length === 0) throw new CommandSyntaxError("expected search keys")
  let position = 0
  const reader: Reader = { scope, next: () => tokens[position++] }
  const all: Matcher[] = []
  while (position < tokens.length) all.push(readKey(reader))
  return (entry) => all.every((matches) => matches(entry))
}

function readKey(reader: Reader): Matcher {
  const token = reader.next()
  if (token?.kind === "list") return readSearch(token.items, reader.scope)
  const key = textOf(token).toUpperCase()
  if (isSequenceSet(key)) {
    const isNamed = readSequenceSet(key, reader.scope.lastNumber)
    return ({ number }) => isNamed(number)
  }
  return flagTest(key, reader) ?? dateTest(key, reader) ?? textTest(key, reader) ?? otherTest(key, reader)
}

function otherTest(key: string, reader: Reader): Matcher {
  if (key === "ALL" || key === "OLD") return () => true
  if (key === "NEW" || key === "RECENT") return () => false
  if (key === "UID") {
    const isNamed = readSequenceSet(textOf(reader.next()), reader.scope.lastUid)
    return ({ message }) => isNamed(message.uid)
  }
  if (key === "NOT") {
    const matches = readKey(reader)
    return (entry) => !matches(entry)
  }
  if (key === "OR") {
    const [left, right] = [readKey(reader), readKey(reader)]
    return (entry) => left(entry) || right(entry)
  }
  if (key === "LARGER" || key === "SMALLER") {
    const size = Number(textOf(reader.next()))
    return ({ message }) => (key === "LARGER" ? message.content.size > size : message.content.size < size)
  }
  if (key === "EMAILID") {
    const id = textOf(reader.next())
    return ({ message }) => message.emailId() === id
  }
  throw new CommandSyntaxError(`unknown search key ${key.slice(0, 40)}`)
}

function flagTest(key: string, reader: Reader): Matcher | undefined {
  const positive = key.replace(/^UN/, "")
  const flag = positive === "KEYWORD" ? textOf(reader.next()) : flagKeys[positive]
  if (flag === undefined) return undefined
  return ({ message }) => message.flags.has(flag) === (positive === key)
}

function dateTest(key: string, reader: Reader): Matcher | undefined {
  const match = /^(SENT)?(SINCE|BEFORE|ON)$/.exec(key)
  if (!match) return undefined
  const day = readSearchDate(textOf(reader.next())).getTime()
  return ({ message }) => {
    const at = match[1] ? sentAt(message) : message.internalDate.getTime()
    if (match[2] === "BEFORE") return at < day
    return match[2] === "SINCE" ? at >= day : at >= day && at < day + dayMs
  }
}

function textTest(key: string, reader: Reader): Matcher | undefined {
  if (key === "TEXT" || key === "BODY") {
    const wanted = textOf(reader.next()).toLowerCase()
    return ({ message: { content } }) => {
      const start = key === "BODY" ? headerLength(content) : 0
      return Buffer.concat(content.slice(start, content.size)).toString("latin1").toLowerCase().includes(wanted)
    }
  }
  const name = headerKeys.has(key)
    ? key.toLowerCase()
    : key === "HEADER"
      ? textOf(reader.next()).toLowerCase()
      : undefined
  if (name === undefined) return undefined
  const wanted = textOf(reader.next()).toLowerCase()
  return ({ message }) =>
    readHeaders(message.content).some((field) => field.name === name && field.value.toLowerCase().includes(wanted))
}

function sentAt(message: StoredMessage): number {
  const date = readHeaders(message.content).find((field) => field.name === "date")
  return Date.parse(date?.value ?? "")
}
