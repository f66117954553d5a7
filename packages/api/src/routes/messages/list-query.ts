import { outboundStatuses } from "@postrider/core/outbound/message"
import * as v from "valibot"
import { listQueryEntries } from "../../list-answer.ts"
import { commaList } from "../../schema/comma-list.ts"
import { fieldFault } from "../../schema/field-fault.ts"
import { flag, id, line, time } from "../../schema/text.ts"

const entries = {
  ...listQueryEntries,
  direction: v.optional(v.picklist(["inbound", "outbound"])),
  account: v.optional(id),
  tenant: v.optional(line(64)),
  status: v.optional(commaList(v.picklist(outboundStatuses))),
  kind: v.optional(commaList(v.picklist(["mail", "bounce", "complaint", "auto_reply", "report"]))),
  tag: v.optional(commaList(line(64))),
  mailbox: v.optional(line(1000)),
  thread_id: v.optional(id),
  message_id: v.optional(line(998)),
  address: v.optional(line(320)),
  since: v.optional(time),
  until: v.optional(time),
  test: v.optional(flag),
}

const metadataName = /^metadata\[(.{1,40})\]$/u

/** Query of the list; `metadata[k]=v` any number of times, other names as listed. */
export const listMessagesQuery = v.pipe(
  v.objectWithRest(entries, v.string()),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return
    for (const name of Object.keys(dataset.value)) {
      if (Object.hasOwn(entries, name) || metadataName.test(name)) continue
      const path: [v.ObjectPathItem] = [
        { type: "object", origin: "key", input: dataset.value, key: name, value: undefined },
      ]
      addIssue({ message: fieldFault("unknown_field", "is not a parameter known here; remove it"), path })
    }
  }),
  v.transform((query) => {
    const { metadata, ...named } = splitMetadata(query)
    return { ...named, metadata }
  }),
)

type Named = v.InferOutput<v.ObjectSchema<typeof entries, undefined>>

function splitMetadata(query: Named & Record<string, unknown>): Named & { metadata: Record<string, string> } {
  const metadata = Object.entries(query).flatMap(([name, value]): [string, string][] => {
    const key = metadataName.exec(name)?.[1]
    return key === undefined || typeof value !== "string" ? [] : [[key, value]]
  })
  const named = Object.fromEntries(Object.entries(query).filter(([name]) => Object.hasOwn(entries, name)))
  // The entries are those that the schema has checked.
  return { ...(named as Named), metadata: Object.fromEntries(metadata) }
}
