import { readdir, readFile } from "node:fs/promises"
import { join } from "node:path"
import { zipSync } from "fflate"

/** A fixed time, so that the same code gives the same octets and a deployment sees no change. */
const mtime = new Date(1980, 0, 2)

/** A folder of files as a zip, names sorted. */
export async function zipFolder(dir: string): Promise<Uint8Array> {
  const files: Record<string, Uint8Array> = {}
  for (const name of (await readdir(dir)).sort()) files[name] = await readFile(join(dir, name))
  return zipSync(files, { level: 6, mtime })
}
