import type { ErrorCode } from "@postrider/core/error/codes"
import type { ContentfulStatusCode } from "hono/utils/http-status"

export interface ProblemRow {
  status: ContentfulStatusCode
  title: string
  /** For the page of the code: when it comes. */
  meaning: string
  /** One sentence: what the caller can do. Absent where only the detail of the occurrence can tell. */
  fix?: string
}

/** The one table of codes. It does not compile until a new code has its row. */
export const problemTable = {
  invalid_json: {
    status: 400,
    title: "Body is not JSON",
    meaning: "The body could not be read as JSON in UTF-8, names a member twice, or is nested too deeply.",
    fix: "Send one JSON value in UTF-8; the detail names the place where reading stopped.",
  },
  invalid_request: {
    status: 400,
    title: "Request does not fit the schema",
    meaning: "One or more fields are missing, unknown, read-only or of the wrong form. Nothing was done.",
    fix: "Mend the fields that `errors` names.",
  },
  invalid_cursor: {
    status: 400,
    title: "Cursor is not valid here",
    meaning: "The cursor was changed, or belongs to a list with other filters.",
    fix: "Start again without a cursor, and keep the filters while you page.",
  },
  invalid_idempotency_key: {
    status: 400,
    title: "Idempotency-Key is not valid",
    meaning: "An Idempotency-Key is 1 to 256 visible ASCII characters; quotes around it are optional.",
    fix: "Send a UUID, or another key of 1 to 256 visible ASCII characters.",
  },
  missing_key: {
    status: 401,
    title: "API key is missing",
    meaning: "The request carries no API key.",
    fix: "Send the header Authorization: Bearer pr_….",
  },
  invalid_key: {
    status: 401,
    title: "API key is not valid",
    meaning: "The key is unknown, was revoked, or has expired.",
    fix: "Use another key, or ask for a new one.",
  },
  missing_scope: {
    status: 403,
    title: "Key lacks the scope",
    meaning: "The key is valid and does not allow this call. A test key changes no settings.",
    fix: "Use a key with the scope that the detail names; GET /v1/me shows what this key may do.",
  },
  exceeds_own_rights: {
    status: 403,
    title: "More rights than your own",
    meaning: "A key can only grant what it has itself: scopes, accounts, tenants, and no fewer limits.",
    fix: "Ask for fewer rights, or use a key that has them.",
  },
  ip_not_allowed: {
    status: 403,
    title: "Address not allowed for this key",
    meaning: "The key has `allow_ips`, and the request came from elsewhere.",
    fix: "Call from an allowed address, or change `allow_ips` of the key.",
  },
  recipient_not_allowed: {
    status: 403,
    title: "Recipient not allowed for this key",
    meaning: "The key has `allow_recipients`, and a recipient is not among them.",
    fix: "Send to allowed recipients only, or use another key.",
  },
  not_found: {
    status: 404,
    title: "Not found",
    meaning: "There is no such object, or this key may not see it.",
  },
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    meaning: "The path exists and does not take this method; the header Allow lists those it takes.",
    fix: "Use a method that the header Allow lists.",
  },
  erased: {
    status: 410,
    title: "Erased",
    meaning: "The message was erased; only its id and times are kept.",
  },
  cursor_expired: {
    status: 410,
    title: "Cursor is older than what is kept",
    meaning: "The events after this cursor are no longer kept.",
    fix: "Start again with `since`.",
  },
  mailbox_reset: {
    status: 410,
    title: "Mailbox was reset",
    meaning: "The mail server numbered the mailbox anew; the reference would name another mail.",
    fix: "List the mailbox again and use the new references.",
  },
  already_exists: {
    status: 409,
    title: "Already exists",
    meaning: "An object with this id exists.",
    fix: "Choose another id, or change the object with PUT or PATCH.",
  },
  state_conflict: {
    status: 409,
    title: "Not possible in this state",
    meaning: "The object's state does not allow the call; `current` tells the state and `allowed` what it would need.",
  },
  idempotency_in_progress: {
    status: 409,
    title: "The same request is still running",
    meaning: "A request with this Idempotency-Key is being worked on.",
    fix: "Wait as long as Retry-After says and send the same request again.",
  },
  version_mismatch: {
    status: 412,
    title: "Changed meanwhile",
    meaning: "If-Match or If-None-Match does not fit what is stored.",
    fix: "Read the object again and repeat the change with its new ETag.",
  },
  body_too_large: {
    status: 413,
    title: "Body is too large",
    meaning: "The request's body is larger than this server takes.",
    fix: "Send less in one request; large attachments can go by upload.",
  },
  message_too_large: {
    status: 413,
    title: "Message is too large",
    meaning: "The mail would be larger than this server relays.",
    fix: "Send smaller attachments, or links to them.",
  },
  unsupported_media_type: {
    status: 415,
    title: "Media type not supported",
    meaning: "The body's Content-Type is not one that this path takes, or the body is compressed.",
    fix: "Send Content-Type: application/json, without Content-Encoding.",
  },
  unknown_account: {
    status: 422,
    title: "Unknown account",
    meaning: "The request names an account that does not exist or that this key may not use.",
    fix: "Use the id of an account that GET /v1/accounts shows.",
  },
  unknown_route: {
    status: 422,
    title: "Unknown route",
    meaning: "The account has no SMTP server of this name.",
    fix: "Use the `name` of an entry in the account's `smtp`.",
  },
  unknown_template: { status: 422, title: "Unknown template", meaning: "There is no template with this id." },
  unknown_reference: {
    status: 422,
    title: "Unknown message",
    meaning: "The message that is replied to or forwarded does not exist or this key may not see it.",
  },
  unknown_upload: {
    status: 422,
    title: "Unknown upload",
    meaning: "The upload does not exist, is not complete, or has expired.",
    fix: "Make a new upload and use it within 24 hours.",
  },
  account_required: {
    status: 422,
    title: "Account is required",
    meaning: "The request names no account and the key has not exactly one.",
    fix: "Add `account`.",
  },
  secret_required: {
    status: 422,
    title: "Secret is required again",
    meaning:
      "A secret is kept only for the server it was given for: a changed host, port, security or username needs it again.",
    fix: "Send the secret together with the change.",
  },
  one_intake: {
    status: 422,
    title: "One intake only",
    meaning: "An account reads mail over IMAP or over POP3, not over both.",
    fix: "Leave out `imap` or `pop3`, or make two accounts.",
  },
  idempotency_mismatch: {
    status: 422,
    title: "Idempotency-Key was used for another request",
    meaning: "The key was used before with another body.",
    fix: "Use a new Idempotency-Key for a new request.",
  },
  from_not_allowed: {
    status: 422,
    title: "From address not allowed",
    meaning: "From is neither the account's address, nor of its domain, nor in its `senders`.",
    fix: "Use an address of the account, or add this one to `senders`.",
  },
  would_loop: {
    status: 422,
    title: "The reply would loop",
    meaning: "The mail was sent by a machine or forbids replies.",
    fix: "Do not answer it, or set `allow_loop` where a person decided to.",
  },
  template_error: {
    status: 422,
    title: "Template failed",
    meaning: "The template could not be rendered with this data.",
  },
  address_not_allowed: {
    status: 422,
    title: "Network address not allowed",
    meaning: "The host resolves to an address, or the port is one, that this server must not connect to.",
    fix: "Use a public host and a usual port; the operator can allow more with POSTRIDER_ALLOW_NETWORKS and POSTRIDER_ALLOW_PORTS.",
  },
  verification_failed: {
    status: 422,
    title: "Verification failed",
    meaning: "The servers were tried and at least one could not be used. Nothing was saved.",
    fix: "Follow the `fix` of the failed checks.",
  },
  batch_refused: {
    status: 422,
    title: "Batch refused",
    meaning: "At least one message of the batch is bad; nothing was sent.",
    fix: "Mend the messages that `errors` names, or set `partial`.",
  },
  unsupported: {
    status: 422,
    title: "Not supported here",
    meaning: "The request is understood, and this server, engine, account or protocol cannot do it.",
  },
  "provider/auth_failed": {
    status: 424,
    title: "Mail server refused the credentials",
    meaning: "The mail server answered the login with a refusal; its words are in `provider`.",
    fix: "Check username and password; many providers want an app password.",
  },
  "provider/unavailable": {
    status: 502,
    title: "Mail server not reachable",
    meaning: "The mail server could not be reached or asked to come back later.",
    fix: "Check host and port, or try again later.",
  },
  "provider/refused": {
    status: 502,
    title: "Mail server refused",
    meaning: "The mail server refused the command; its words are in `provider`.",
  },
  "provider/tls": {
    status: 502,
    title: "No trusted TLS connection",
    meaning: "TLS with the mail server failed, or its certificate is not trusted.",
    fix: "Check `security` and the host name; a private authority goes into `tls.ca`.",
  },
  "provider/protocol": {
    status: 502,
    title: "Mail server not understood",
    meaning: "The mail server's answer does not follow the protocol.",
    fix: "Check that host and port belong to this protocol.",
  },
  "provider/timeout": {
    status: 504,
    title: "Mail server too slow",
    meaning: "The mail server did not answer in time.",
    fix: "Try again later.",
  },
  rate_limited: {
    status: 429,
    title: "Too many requests",
    meaning: "The key's `rate` is used up. Nothing was done.",
    fix: "Wait as long as Retry-After says.",
  },
  internal: {
    status: 500,
    title: "Internal error",
    meaning: "Something went wrong inside Postrider. The log has the cause under the request id.",
    fix: "Try again; if it stays, report the request id.",
  },
  not_ready: {
    status: 503,
    title: "Not ready",
    meaning: "The server is starting, stopping, or cannot reach its store.",
    fix: "Try again as Retry-After says.",
  },
  overloaded: {
    status: 503,
    title: "Too busy",
    meaning: "The server or its store cannot take the request now.",
    fix: "Wait as long as Retry-After says and send the same request again.",
  },
} as const satisfies Record<ErrorCode, ProblemRow> as Record<ErrorCode, ProblemRow>
