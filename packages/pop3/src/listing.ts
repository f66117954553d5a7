import { Pop3Error } from "./pop3-error.ts"

/** One line of LIST: message number of this session, size in octets as the server counts them. */
export interface ListEntry {
  number: number
  size: number
}

/** One line of UIDL. The id is one character an octet, whatever octets the server uses. */
export interface UidlEntry {
  number: number
  uid: string
}

export const parseListLine = (line: string, command: string): ListEntry => {
  const found = /^\s*(\d{1,10})\s+(\d{1,15})(?:\s|$)/.exec(line)
  if (found === null) throw unreadable(command, line)
  return { number: Number(found[1]), size: Number(found[2]) }
}

/** Ids longer than the 70 octets of RFC 1939 section 7 are taken as they are. */
export const parseUidlLine = (line: string, command: string): UidlEntry => {
  const found = /^\s*(\d{1,10})[ \t]+(\S+)[ \t]*$/.exec(line)
  if (found === null) throw unreadable(command, line)
  return { number: Number(found[1]), uid: found[2] as string }
}

const unreadable = (command: string, line: string): Pop3Error =>
  new Pop3Error("protocol", `${command}: the server sent a line that cannot be read`, {
    command,
    response: line.slice(0, 512),
  })
