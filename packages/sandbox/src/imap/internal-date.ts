import { CommandSyntaxError } from "./tokens.ts"

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

/** Writes a date-time of RFC 3501 §9 in UTC. */
export function writeInternalDate(date: Date): string {
  const [day, time] = date.toISOString().split("T")
  const [year, month, dayOfMonth] = (day ?? "").split("-")
  return `${dayOfMonth}-${months[Number(month) - 1]}-${year} ${time?.slice(0, 8)} +0000`
}

/** Reads a date-time as APPEND brings it. Throws CommandSyntaxError. */
export function readInternalDate(text: string): Date {
  const match = /^\s?(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)$/.exec(text.trim())
  const date = match && new Date(`${isoDay(match[1], match[2], match[3])}T${match[4]}${match[5]}:${match[6]}`)
  if (!date || Number.isNaN(date.getTime())) throw new CommandSyntaxError("bad date-time")
  return date
}

/** Reads a date of SEARCH, as midnight UTC: time and zone are ignored there (RFC 3501 §6.4.4). */
export function readSearchDate(text: string): Date {
  const match = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/.exec(text)
  const date = match && new Date(`${isoDay(match[1], match[2], match[3])}T00:00:00Z`)
  if (!date || Number.isNaN(date.getTime())) throw new CommandSyntaxError("bad date")
  return date
}

function isoDay(day = "", month = "", year = ""): string {
  const number = months.findIndex((name) => name.toLowerCase() === month.toLowerCase()) + 1
  return `${year}-${String(number).padStart(2, "0")}-${day.padStart(2, "0")}`
}
