import { matchesEndpoint, matchesTypes } from "@postrider/core/event/match-endpoint"
import { expect, test } from "vitest"

const event = {
  type: "message.received" as const,
  account: "acme",
  tenant: "t1",
  test: false,
  mailbox: "INBOX",
  tags: ["a", "b"],
}
const filter = { id: "shop", types: ["*"], body: "compact" as const, test: false }

test.each([
  [["message.received"], true],
  [["message.*"], true],
  [["*"], true],
  [["message.sent"], false],
  [["account.*"], false],
  [["mess.*"], false],
  [[], false],
])("types %j match message.received: %s", (types, expected) => {
  expect(matchesTypes("message.received", types)).toBe(expected)
})

test("types that must be named are matched by no wildcard", () => {
  for (const type of ["message.queued", "message.flagged", "message.removed"] as const) {
    expect(matchesTypes(type, ["*", "message.*"])).toBe(false)
    expect(matchesTypes(type, [type])).toBe(true)
  }
})

test.each([
  [{ accounts: ["acme"] }, true],
  [{ accounts: ["other"] }, false],
  [{ accounts: [] }, false],
  [{ tenants: ["t1"] }, true],
  [{ tenants: ["t2"] }, false],
  [{ mailboxes: ["INBOX"] }, true],
  [{ mailboxes: ["Sent"] }, false],
  [{ tags: ["b", "c"] }, true],
  [{ tags: ["c"] }, false],
  [{ accounts: ["acme"], tags: ["c"] }, false],
])("the filter %j lets it pass: %s", (changes, expected) => {
  expect(matchesEndpoint(event, { ...filter, ...changes })).toBe(expected)
})

test("an event without what a filter asks for does not pass", () => {
  const bare = { type: "operation.finished" as const, account: null, tenant: null, test: false }
  expect(matchesEndpoint(bare, filter)).toBe(true)
  for (const changes of [{ accounts: ["acme"] }, { tenants: ["t1"] }, { mailboxes: ["INBOX"] }, { tags: ["a"] }]) {
    expect(matchesEndpoint(bare, { ...filter, ...changes })).toBe(false)
  }
})

test("test endpoints get tests and only those", () => {
  for (const [mail, endpoint] of [
    [true, true],
    [true, false],
    [false, true],
    [false, false],
  ]) {
    const matches = matchesEndpoint({ ...event, test: mail === true }, { ...filter, test: endpoint === true })
    expect(matches).toBe(mail === endpoint)
  }
})

test("an endpoint hears nothing about itself", () => {
  expect(matchesEndpoint({ ...event, about: "shop" }, filter)).toBe(false)
  expect(matchesEndpoint({ ...event, about: "other" }, filter)).toBe(true)
})
