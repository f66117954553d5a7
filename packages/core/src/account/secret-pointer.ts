import type { PartName } from "./account.ts"

/** JSON Pointer of a server in the settings, routes by name (`/smtp/primary`), RFC 6901. */
export function serverPointer(part: PartName): string {
  if (part === "imap" || part === "pop3") return `/${part}`
  return `/smtp/${escapePointer(part.slice("smtp:".length))}`
}

export function escapePointer(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1")
}
