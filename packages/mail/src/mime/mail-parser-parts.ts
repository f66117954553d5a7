import type { Transform } from "node:stream"
import { MailParser } from "mailparser"
import { createTextPart, type TextBudget } from "./text-part.ts"

/** Most MIME parts of a mail, nested ones included. */
export const maxParts: number = 1000
/** Decoded octets of text kept of one mail: plain text, and HTML. */
export const maxTextBytes: number = 2 * 1024 * 1024
export const maxHtmlBytes: number = 4 * 1024 * 1024

/** A MIME part as its header describes it. */
export interface MimePart {
  contentType: string
  params: Record<string, string>
  filename: string | null
}

interface SplitNode {
  charset: string | false
  contentType: string | false
  flowed: boolean
  delSp: boolean
  filename: string | false
}

interface ParserNode {
  contentType: string | false
  charset?: string
  isAttachment?: boolean
  headers: Map<string, unknown>
}

/** Inside of the pinned MailParser: it has no option for the text of undeclared charsets, nor for a bound on text. */
interface Internals {
  createNode(node: SplitNode): ParserNode
  decoder: { decodeStream(charset: string): Transform }
  getTextContent(): { text?: string; html?: string }
  tree: unknown
  splitter: { nodeCounter: number; maxChildNodes: number }
}

export interface WatchedParser {
  parser: MailParser
  parts: MimePart[]
  /** What could be read of the text so far, after a parse that ended early. */
  textSoFar(): { text?: string; html?: string }
  hasTooManyParts(): boolean
}

/** A lean MailParser whose text parts are bounded and decoded by `text-part.ts`, and which tells of every part it meets. */
export function createWatchedParser(defects: Set<string>): WatchedParser {
  const parser = new MailParser({
    skipHtmlToText: true,
    skipTextToHtml: true,
    skipImageLinks: true,
    skipTextLinks: true,
    keepDeliveryStatus: true,
    checksumAlgo: false,
    maxChildNodes: maxParts,
  })
  const internals = parser as unknown as Internals
  const parts: MimePart[] = []
  const budgets = { text: { left: maxTextBytes }, html: { left: maxHtmlBytes } }
  const createNode = internals.createNode.bind(parser)
  const decodeOther = internals.decoder.decodeStream.bind(internals.decoder)

  internals.createNode = (split) => {
    const flowed = split.flowed ? { delSp: split.delSp } : null
    split.flowed = false
    const node = createNode(split)
    parts.push(describe(node, split))
    if (node.isAttachment === false) {
      const budget: TextBudget = node.contentType === "text/html" ? budgets.html : budgets.text
      const charset = node.charset ?? null
      // A name that MailParser does not decode by itself, so that every text part passes through ours.
      node.charset = "x-postrider-text"
      internals.decoder = { decodeStream: () => createTextPart({ charset, flowed, budget, defects, decodeOther }) }
    }
    return node
  }

  return {
    parser,
    parts,
    textSoFar: () => (internals.tree === false ? {} : internals.getTextContent()),
    hasTooManyParts: () => internals.splitter.nodeCounter > internals.splitter.maxChildNodes,
  }
}

function describe(node: ParserNode, split: SplitNode): MimePart {
  const header = node.headers.get("content-type")
  return {
    contentType: node.contentType === false ? "text/plain" : node.contentType,
    params: isStructured(header) ? header.params : {},
    filename: split.filename === false ? null : split.filename,
  }
}

/** A `StructuredHeader` of mailparser: value and parameters. */
export function isStructured(value: unknown): value is { params: Record<string, string> } {
  return typeof value === "object" && value !== null && "params" in value && typeof value.params === "object"
}
