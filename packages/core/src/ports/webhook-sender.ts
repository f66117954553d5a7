export interface WebhookRequest {
  url: string
  /** webhook-id: the event's id, the same on every attempt. */
  id: string
  /** UTF-8 JSON, the same octets on every attempt. */
  body: Uint8Array
  contentType: string
  /** `whsec_…`, current first; each gives one `v1` signature, made at send time. */
  secrets: string[]
  /** Extra headers of the endpoint and unsigned hints. */
  headers: Record<string, string>
  /** Whole exchange, body of the answer included. */
  timeoutMs: number
  signal?: AbortSignal
}

/** `secret`: what it is signed with could not be opened, so nothing was sent. */
export type WebhookFailure =
  | "dns"
  | "connect"
  | "tls"
  | "timeout"
  | "reset"
  | "protocol"
  | "address_not_allowed"
  | "secret"

export type WebhookOutcome =
  | {
      kind: "answered"
      status: number
      /** Milliseconds asked for by Retry-After, capped at 24 h; null without. */
      retryAfterMs: number | null
      /** Location of a 3xx, never followed. */
      location: string | null
      /** First 4 KB of the answer as text. */
      response: string
      durationMs: number
    }
  | { kind: "failed"; reason: WebhookFailure; detail: string; durationMs: number }

export interface WebhookSender {
  post(request: WebhookRequest): Promise<WebhookOutcome>
  close(): Promise<void>
}
