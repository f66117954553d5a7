import { scopes } from "@postrider/core/key/key"
import * as v from "valibot"
import { isBlock } from "../../address-allowed.ts"
import { fieldFault } from "../../schema/field-fault.ts"
import { strict } from "../../schema/strict.ts"
import { distinct, id, line, time } from "../../schema/text.ts"

const recipientPattern = v.pipe(
  line(320),
  v.regex(/^(?:\*|[^@\s]+)@[^@\s]+$|^\*$/, fieldFault("invalid_address", "must be an address, *@domain or *")),
  v.transform((text) => text.toLowerCase()),
)
const block = v.pipe(line(64), v.check(isBlock, fieldFault("invalid_format", "must be an IP address or a CIDR block")))
const nullableList = <S extends v.GenericSchema<string, string>>(entry: S) =>
  v.nullable(v.pipe(v.array(entry), v.minLength(1), v.maxLength(100), distinct()))

const name = line(100)
const scopeList = v.pipe(v.array(v.picklist([...scopes, "*"])), v.minLength(1), v.maxLength(30), distinct())
const sha256 = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{64}$/i, fieldFault("invalid_format", "must be SHA-256 in hex, 64 characters")),
  v.metadata({ description: "SHA-256 (hex) of a key made elsewhere; it is never shown." }),
)
const rate = v.nullable(strict({ per_minute: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000)) }))

const readOnly = ["created_at", "updated_at", "key", "revision"]

/** Body of POST and PUT; fields left out get their defaults. */
export const keyInput = strict(
  {
    id: v.optional(id),
    name,
    scopes: scopeList,
    accounts: v.optional(nullableList(id), null),
    tenants: v.optional(nullableList(line(64)), null),
    test: v.optional(v.boolean(), false),
    hold: v.optional(v.boolean(), false),
    allow_recipients: v.optional(nullableList(recipientPattern), null),
    allow_ips: v.optional(nullableList(block), null),
    rate: v.optional(rate, null),
    expires_at: v.optional(v.nullable(time), null),
    sha256: v.optional(sha256),
  },
  readOnly,
)

/** Body of PATCH: a JSON merge patch. */
export const keyPatch = strict(
  {
    name: v.optional(name),
    scopes: v.optional(scopeList),
    accounts: v.optional(nullableList(id)),
    tenants: v.optional(nullableList(line(64))),
    hold: v.optional(v.nullable(v.boolean())),
    allow_recipients: v.optional(nullableList(recipientPattern)),
    allow_ips: v.optional(nullableList(block)),
    rate: v.optional(rate),
    expires_at: v.optional(v.nullable(time)),
  },
  [...readOnly, "id", "test", "sha256"],
)

export const keyRotation = strict({
  overlap_seconds: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(30 * 86_400)), 86_400),
  sha256: v.optional(sha256),
})

/** A key as it is read back. */
export const shownKey = v.pipe(
  v.object({
    id: v.string(),
    name: v.string(),
    scopes: v.array(v.string()),
    accounts: v.nullable(v.array(v.string())),
    tenants: v.nullable(v.array(v.string())),
    test: v.boolean(),
    hold: v.boolean(),
    allow_recipients: v.nullable(v.array(v.string())),
    allow_ips: v.nullable(v.array(v.string())),
    rate: v.nullable(v.object({ per_minute: v.number() })),
    expires_at: v.nullable(v.string()),
    created_at: v.string(),
    updated_at: v.string(),
    key: v.optional(
      v.pipe(v.string(), v.metadata({ description: "The key itself, only in the answer that makes it." })),
    ),
  }),
  v.metadata({ ref: "Key" }),
)
