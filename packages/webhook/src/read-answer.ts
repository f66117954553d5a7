/** What is read of an answer before the connection is dropped, and what is kept. Octets. */
const maxReadBytes = 64 * 1024
const maxKeptBytes = 4 * 1024

/**
 * Reads an answer to its end or 64 KiB and keeps the first 4 KB as text. Octets come as they were sent, never inflated, so that a
 * small answer cannot become a large one. Leaving early drops the connection.
 */
export async function readAnswer(body: AsyncIterable<Uint8Array>): Promise<string> {
  const kept: Uint8Array[] = []
  let read = 0
  for await (const chunk of body) {
    if (read < maxKeptBytes) kept.push(chunk.subarray(0, maxKeptBytes - read))
    read += chunk.length
    if (read >= maxReadBytes) break
  }
  return new TextDecoder().decode(Buffer.concat(kept))
}
