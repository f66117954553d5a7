/** Closed list of error codes; a new one is an addition to the HTTP contract. Statuses are the API's business (`api/problem.ts`). */
export const errorCodes = [
  "invalid_json",
  "invalid_request",
  "invalid_cursor",
  "invalid_idempotency_key",
  "missing_key",
  "invalid_key",
  "missing_scope",
  "exceeds_own_rights",
  "ip_not_allowed",
  "recipient_not_allowed",
  "not_found",
  "method_not_allowed",
  "erased",
  "cursor_expired",
  "mailbox_reset",
  "already_exists",
  "state_conflict",
  "idempotency_in_progress",
  "version_mismatch",
  "body_too_large",
  "message_too_large",
  "unsupported_media_type",
  "unknown_account",
  "unknown_route",
  "unknown_template",
  "unknown_reference",
  "unknown_upload",
  "account_required",
  "secret_required",
  "one_intake",
  "idempotency_mismatch",
  "from_not_allowed",
  "would_loop",
  "template_error",
  "address_not_allowed",
  "verification_failed",
  "batch_refused",
  "unsupported",
  "provider/auth_failed",
  "provider/unavailable",
  "provider/refused",
  "provider/tls",
  "provider/protocol",
  "provider/timeout",
  "rate_limited",
  "internal",
  "not_ready",
  "overloaded",
] as const

export type ErrorCode = (typeof errorCodes)[number]

/** Codes of one faulty field inside `errors[]` of a problem. */
export type FieldErrorCode =
  | "required"
  | "unknown_field"
  | "read_only"
  | "wrong_type"
  | "invalid_format"
  | "invalid_address"
  | "invalid_base64"
  | "control_character"
  | "reserved_header"
  | "masked_secret"
  | "too_short"
  | "too_long"
  | "too_many"
  | "out_of_range"
  | "not_in_list"
  | "conflicting_fields"
  | "duplicate"
  | ErrorCode
