/** 48 KiB that begin like a PDF; the rest is noise, so that a byte changed on the way is seen. */
export function invoice(): Buffer {
  const file = Buffer.alloc(48 * 1024)
  crypto.getRandomValues(file)
  file.write("%PDF-1.7\n% Invoice 1042\n")
  return file
}
