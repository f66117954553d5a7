import { chooseMailboxes } from "@postrider/core/inbound/choose-mailboxes"
import type { ListedMailbox } from "@postrider/core/ports/mailbox-reader"
import { describe, expect, test } from "vitest"

const box = (path: string, specialUse: string | null = null, selectable = true): ListedMailbox => ({
  path,
  specialUse,
  selectable,
  mailboxId: null,
})

const listed = [
  box("INBOX", "\\Inbox"),
  box("Sent Items", "\\sent"),
  box("Papierkorb", "\\Trash"),
  box("Drafts", "\\Drafts"),
  box("Spam", "\\JUNK"),
  box("All Mail", "\\All"),
  box("Archive", "\\Archive"),
  box("Projects", null, false),
  box("Projects/One"),
  box("@home"),
]

const paths = (wanted: string[]) => chooseMailboxes(listed, wanted).mailboxes.map(({ path }) => path)

describe("mailboxes of an intake", () => {
  test("A8: * means all selectable ones but \\All, \\Drafts, \\Junk, \\Sent and \\Trash, whatever the case of the server's words", () => {
    expect(paths(["*"])).toEqual(["INBOX", "Archive", "Projects/One", "@home"])
  })

  test("special uses name mailboxes by what they are for, without case", () => {
    expect(paths(["@sent", "@TRASH", "@junk", "@drafts", "@all", "@archive", "@inbox"])).toEqual([
      "Sent Items",
      "Papierkorb",
      "Spam",
      "Drafts",
      "All Mail",
      "Archive",
      "INBOX",
    ])
  })

  test("paths are compared exactly, INBOX without case", () => {
    expect(chooseMailboxes(listed, ["inbox", "projects/one", "Projects/One", "@home"])).toEqual({
      mailboxes: [listed[0], listed[8], listed[9]],
      missing: ["projects/one"],
    })
  })

  test("a mailbox that cannot be opened is missing", () => {
    expect(chooseMailboxes(listed, ["Projects"])).toEqual({ mailboxes: [], missing: ["Projects"] })
  })

  test("a mailbox wanted twice is taken once, in the place of the first", () => {
    expect(paths(["@archive", "*", "Archive", "@sent"])).toEqual([
      "Archive",
      "INBOX",
      "Projects/One",
      "@home",
      "Sent Items",
    ])
  })
})
