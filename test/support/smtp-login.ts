import { createHmac } from "node:crypto"

const accepted = "235 2.7.0 Ok"
const refused = "535 5.7.8 wrong"
const challenge = "<1.2@scripted.test>"

const decode = (text: string): string => Buffer.from(text, "base64").toString("utf8")
const encode = (text: string): string => Buffer.from(text, "utf8").toString("base64")

/** User alice, password secret, access token `token`: answers to each line of a login, the first being what came with AUTH. */
export function loginStep(mechanism: string): (text: string) => string | undefined {
  const steps = mechanisms[mechanism.toUpperCase()]
  if (steps === undefined) return () => undefined
  let at = 0
  return (text) => steps[at++]?.(text)
}

const mechanisms: Record<string, ((text: string) => string)[]> = {
  PLAIN: [(text) => (decode(text) === "\0alice\0secret" ? accepted : refused)],
  LOGIN: [
    () => `334 ${encode("Username:")}`,
    (text) => (decode(text) === "alice" ? `334 ${encode("Password:")}` : refused),
    (text) => (decode(text) === "secret" ? accepted : refused),
  ],
  "CRAM-MD5": [
    () => `334 ${encode(challenge)}`,
    (text) =>
      decode(text) === `alice ${createHmac("md5", "secret").update(challenge).digest("hex")}` ? accepted : refused,
  ],
  XOAUTH2: [
    (text) =>
      decode(text) === "user=alice\u0001auth=Bearer token\u0001\u0001"
        ? accepted
        : `334 ${encode('{"status":"400","schemes":"Bearer"}')}`,
    () => refused,
  ],
}
