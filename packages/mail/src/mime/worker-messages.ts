import type { ParsedAttachment, ParsedMail } from "@postrider/core/ports/mime"

/** To the worker. One mail at a time; `mail` numbers it, so that answers to one given up are not taken for the next. */
export type ToWorker =
  | { kind: "start"; mail: number; wanted: number | null }
  | { kind: "chunk"; mail: number; octets: Uint8Array<ArrayBuffer> }
  | { kind: "end"; mail: number }
  /** The reader has taken a chunk of the attachment. */
  | { kind: "more"; mail: number }

/** From the worker. Every `chunk` is answered by `taken` once its octets are worked off: that is the back-pressure. */
export type FromWorker =
  | { kind: "taken"; mail: number }
  | { kind: "parsed"; mail: number; result: ParsedMail }
  | { kind: "attachment"; mail: number; meta: ParsedAttachment }
  | { kind: "piece"; mail: number; octets: Uint8Array<ArrayBuffer> }
  /** Size and digest are known now. */
  | { kind: "attachmentEnd"; mail: number; meta: ParsedAttachment }
