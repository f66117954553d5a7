import type { Talk } from "../connection/talk.ts"
import { CommandSyntaxError, literalMark, readTokens, type Token } from "./tokens.ts"

export type ImapCommand = {
  readonly tag: string
  /** Upper case, with `UID ` in front for the commands that have it. */
  readonly verb: string
  readonly args: readonly Token[]
}

export type UnreadableCommand = { readonly tag: string; readonly problem: string; readonly fatal: boolean }

/** Strings other than a message to append need no more. */
const maxLiteralBytes = 64 * 1024
const maxLiterals = 100

/** Reads one command with its literals (RFC 3501 §4.3, LITERAL+ of RFC 7888), asking for each that wants to be asked for. */
export async function readCommand(talk: Talk, maxMessageBytes: number): Promise<ImapCommand | UnreadableCommand> {
  let line = ""
  const literals: Buffer[] = []
  for (;;) {
    const part = (await talk.hear(maskLogin)).toString("latin1")
    if (part.includes(literalMark)) return unreadable(line || part, "NUL in a command", true)
    line += part
    const announced = /\{(\d{1,10})(\+?)\}$/.exec(part)
    if (!announced) break
    const size = Number(announced[1])
    const limit = /^\S+ APPEND /i.test(line) ? maxMessageBytes : maxLiteralBytes
    const asks = announced[2] === ""
    if (size > limit || literals.length >= maxLiterals) return unreadable(line, "[TOOBIG] Literal too large", !asks)
    if (asks) await talk.say("+ Ready\r\n")
    literals.push(await talk.connection.readBytes(size))
    line = line.slice(0, -announced[0].length) + literalMark
  }
  const [tag = "", verb = "", rest = ""] = cutWords(line)
  if (!/^[^\s()"{%*\\\]+]{1,100}$/.test(tag) || verb === "")
    return unreadable(line, "Expected a tag and a command", false)
  try {
    return { tag, verb, args: readTokens(rest, literals) }
  } catch (error) {
    if (error instanceof CommandSyntaxError) return unreadable(line, error.message, false)
    throw error
  }
}

function cutWords(line: string): string[] {
  const match = /^(\S+) ((?:UID )?[A-Za-z]+)(?: ([\s\S]*))?$/i.exec(line)
  return match ? [match[1] ?? "", (match[2] ?? "").toUpperCase(), match[3] ?? ""] : []
}

function unreadable(line: string, problem: string, fatal: boolean): UnreadableCommand {
  const [tag = "*"] = line.split(" ")
  return { tag: /^[A-Za-z0-9._-]{1,100}$/.test(tag) ? tag : "*", problem, fatal }
}

function maskLogin(line: string): string {
  return line.replace(/^(\S+ LOGIN \S+) .*/i, "$1 ***").replace(/^(\S+ AUTHENTICATE \S+) .*/i, "$1 ***")
}
