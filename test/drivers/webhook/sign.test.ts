import { signContent } from "@postrider/webhook/sign"
import { expect, test } from "vitest"

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

test("vector A of Standard Webhooks is signed alike", () => {
  const content = { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1614265330, body: utf8('{"test": 2432232314}') }
  expect(signContent(content, ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])).toBe(
    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
  )
})

test("vector B of Standard Webhooks is signed alike", () => {
  const body = utf8('{"email":"test@example.com","username":"test_user"}')
  const content = { id: "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", timestamp: 1649367553, body }
  expect(signContent(content, ["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"])).toBe(
    "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
  )
})

test("several secrets give several signatures in their order", () => {
  const content = { id: "evt_1", timestamp: 1, body: utf8("{}") }
  const secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"]
  const each = secrets.map((secret) => signContent(content, [secret]))
  expect(signContent(content, secrets)).toBe(each.join(" "))
})

test("an id with a full stop is not signed, as two contents would be alike", () => {
  expect(() => signContent({ id: "a.1", timestamp: 2, body: utf8("x") }, ["whsec_MfKQ9r8G"])).toThrow(TypeError)
})

test.each([[[]], [["whsec_"]], [["MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]]])("%j is no set of secrets", (secrets) => {
  expect(() => signContent({ id: "a", timestamp: 2, body: utf8("x") }, secrets)).toThrow(TypeError)
})
