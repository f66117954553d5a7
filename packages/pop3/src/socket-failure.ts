import { Pop3Error, type Pop3Stage } from "./pop3-error.ts"

const names: Record<Pop3Stage, string> = {
  connect: "connecting",
  tls: "TLS handshake",
  greeting: "waiting for the greeting",
  command: "session",
}

/** A socket or TLS error as one of ours; the error itself is the cause. */
export function socketFailure(cause: Error, stage: Pop3Stage): Pop3Error {
  const code = stage === "connect" || stage === "tls" ? stage : "closed"
  return new Pop3Error(code, `${names[stage]}: ${cause.message}`, { stage, cause })
}

export const closedFailure = (stage: Pop3Stage): Pop3Error =>
  new Pop3Error(stage === "tls" ? "tls" : "closed", `${names[stage]}: the server closed the connection`, { stage })

export const lateFailure = (stage: Pop3Stage, timeoutMs: number): Pop3Error =>
  new Pop3Error("timeout", `${names[stage]}: nothing within ${timeoutMs} ms`, { stage })
