import type { Pop3Client } from "@postrider/pop3/client"
import { Pop3Error } from "@postrider/pop3/pop3-error"
import { isBusy } from "./pop3-fault.ts"

const maxHeaderBytes = 1024 * 1024

/** Header blocks by message number; those the server refuses are left out. */
export async function fetchHeaderBlocks(
  client: Pop3Client,
  numbers: readonly number[],
): Promise<Map<number, Uint8Array>> {
  const found = new Map<number, Uint8Array>()
  for (const number of numbers) {
    const block = await fetchHeaders(client, number)
    if (block !== undefined) found.set(number, block)
  }
  return found
}

/** Header block with its empty line, by `TOP n 0` (mail-rules D1), cut at 1 MiB; undefined when the server refuses this one. */
export async function fetchHeaders(client: Pop3Client, number: number): Promise<Uint8Array | undefined> {
  try {
    const chunks: Buffer[] = []
    let octets = 0
    for await (const chunk of await client.top(number, 0)) {
      chunks.push(chunk)
      octets += chunk.length
      if (octets >= maxHeaderBytes) break
    }
    return headerBlock(Buffer.concat(chunks).subarray(0, maxHeaderBytes))
  } catch (error) {
    if (error instanceof Pop3Error && error.code === "refused" && !isBusy(error)) return undefined
    throw error
  }
}

/** Some servers send lines of the body even for `TOP n 0`. */
function headerBlock(octets: Buffer): Uint8Array {
  const end = octets.indexOf("\r\n\r\n")
  return end === -1 ? octets : octets.subarray(0, end + 4)
}
